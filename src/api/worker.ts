import { refreshAll } from '../analytics/refresh.ts';
import { openDatabase } from '../store/database.ts';
import { app } from './app.ts';
import type { ApiBindings } from './env.ts';

/** The part of a cron's event that is used. */
interface Tick {
  /** Milliseconds since 1970: the minute the cron was due, the same when a tick is delivered twice. */
  readonly scheduledTime: number;
}

/** The API Worker: requests, and the cron that keeps analytics fresh. */
export default {
  fetch: app.fetch,
  async scheduled(tick: Tick, env: ApiBindings): Promise<void> {
    const outcomes = await refreshAll(openDatabase(env.DATABASE_URL), new Date(tick.scheduledTime));
    for (const outcome of outcomes) console.log(JSON.stringify({ event: 'refresh', ...outcome }));
  },
};
