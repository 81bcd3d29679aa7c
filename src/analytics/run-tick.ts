import { logEvent } from '../log/log-event.ts';
import type { Database } from '../store/database.ts';
import { type AlertTarget, sendAlert } from './alert.ts';
import { refresh } from './refresh.ts';
import type { Signal } from './signal.ts';
import { checkTripwires, noteTold, type Tripwire, type TripwireLimits } from './tripwires.ts';

export interface TickParts {
  readonly database: Database;
  readonly signal: Signal;
  readonly limits: TripwireLimits;
  readonly alerts: AlertTarget | null;
}

/**
 * One tick of the cron: nothing at all unless something was written or comes due (I11); else refresh what is due, measure the
 * tripwires, tell the operator what changed, and note when to look again.
 */
export async function runTick({ database, signal, limits, alerts }: TickParts, scheduledFor: Date): Promise<void> {
  const scheduled_for = scheduledFor.toISOString();
  const { generation, is_due } = await signal.look(scheduledFor.getTime());
  if (!is_due) {
    logEvent({ event: 'tick', scheduled_for, result: 'idle' });
    return;
  }
  const report = await refresh(database, { scheduled_for: scheduledFor, names: null, rebuild: false });
  if (report === null) {
    // Whoever has it may be dead: the signal stays, and the next tick tries again.
    logEvent({ event: 'tick', scheduled_for, result: 'taken' });
    return;
  }
  for (const outcome of report.outcomes) logEvent({ event: 'refresh', ...outcome });

  const taken = await signal.take(Date.now());
  const { news, next_due } = await checkTripwires(database, limits, taken.measured);
  await signal.drop(taken.id);
  const told = await tell(database, alerts, news);

  const dues = [
    ...(report.next_due === null ? [] : [report.next_due.getTime()]),
    ...(next_due === null ? [] : [Date.parse(next_due)]),
    ...(told ? [] : [scheduledFor.getTime()]),
  ];
  const next_due_ms = dues.length === 0 ? null : Math.min(...dues);
  await signal.settle({ generation, at_ms: scheduledFor.getTime(), next_due_ms });
  logEvent({ event: 'tick', scheduled_for, result: 'done' });
}

/** @returns false when the message did not get out, and is to be sent again by the next tick */
async function tell(database: Database, alerts: AlertTarget | null, news: readonly Tripwire[]): Promise<boolean> {
  if (news.length === 0) return true;
  for (const { name, tripped, value, limit } of news) logEvent({ event: 'tripwire', name, tripped, value, limit });
  try {
    if (alerts !== null) await sendAlert(alerts, news);
  } catch (error) {
    logEvent({ event: 'alert_failed', message: error instanceof Error ? error.message : String(error) });
    return false;
  }
  await noteTold(database, news);
  return true;
}
