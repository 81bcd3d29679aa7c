import { alertTarget } from '../analytics/alert.ts';
import { countCall, isEmpty, noMeasurements, slowAfter } from '../analytics/measurements.ts';
import { observeDatabase } from '../analytics/observe-database.ts';
import { runTick } from '../analytics/run-tick.ts';
import { handOver, signalOf } from '../analytics/signal.ts';
import { tripwireLimits } from '../analytics/tripwires.ts';
import { openDatabase } from '../store/database.ts';
import { app } from './app.ts';
import { discardUnread } from './discard-unread.ts';
import type { ApiBindings } from './env.ts';

// biome-ignore lint/performance/noBarrelFile: the runtime looks for a Durable Object's class among the entry's exports.
export { RefreshSignal } from '../analytics/refresh-signal.ts';

/** The part of a cron's event that is used. */
interface Tick {
  /** Milliseconds since 1970: the minute the cron was due, the same when a tick is delivered twice. */
  readonly scheduledTime: number;
}

/** The API Worker: requests, and the cron that keeps analytics fresh. */
export default {
  fetch: discardUnread(app.fetch),
  async scheduled(tick: Tick, env: ApiBindings): Promise<void> {
    const measured = noMeasurements();
    const parts = {
      database: observeDatabase(openDatabase(env.DATABASE_URL), (call) =>
        countCall(measured, call, slowAfter(env.SLOW_CALL_MS), new Date()),
      ),
      signal: signalOf(env.SIGNAL),
      limits: tripwireLimits({ ...env }),
      alerts: alertTarget(env),
    };
    try {
      await runTick(parts, new Date(tick.scheduledTime));
    } finally {
      if (!isEmpty(measured)) await handOver(env.SIGNAL, measured);
    }
  },
};
