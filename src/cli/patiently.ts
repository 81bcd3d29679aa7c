import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { CliFailure, EXIT } from './cli-failure.ts';

/** Everybody who writes waits behind a lock that is waited for, so it is given up soon and tried again: the session's `lock_timeout`. */
export const LOCK_TIMEOUT_MS = 1_000;
const MAX_LOCK_TRIES = 30;
const BETWEEN_TRIES_MS = 500;
/** lock_not_available, and deadlock_detected: somebody waits for this, who has what this waits for. */
const IN_USE = ['55P03', '40P01'];

/**
 * Does what needs a lock on a table that is in use, again and again for some time.
 * @throws CliFailure when the lock never came
 */
export async function patiently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof pg.DatabaseError) || !IN_USE.includes(cause.code ?? '')) throw cause;
      if (attempt === MAX_LOCK_TRIES) {
        throw new CliFailure(EXIT.failed, 'The tables are in use without a break: a transaction stays open.', {
          hint: 'Look for it in pg_stat_activity, then run this again: it goes on where it stopped.',
          cause,
        });
      }
      await sleep(BETWEEN_TRIES_MS, undefined, { signal });
    }
  }
}
