import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { CliFailure, EXIT } from './cli-failure.ts';

/** About a third of a second: what a kill loses, and how often Ctrl-C is looked for. */
const CHUNK_ROWS = 5_000;
/** Everybody who writes waits behind a lock that is waited for, so it is given up soon and tried again. */
const LOCK_TIMEOUT_MS = 1_000;
const MAX_LOCK_TRIES = 30;
const BETWEEN_TRIES_MS = 500;
const LOCK_NOT_AVAILABLE = '55P03';

export interface LogRewrite {
  /** As the log's owner; see openOperatorDatabase. */
  readonly database: pg.Client;
  /** Into one partition a month of transaction time; else into one table. */
  readonly monthly: boolean;
  /** `total` is about how many rows the log has. */
  readonly onRows: (copied: number, total: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Brings the event log into the other shape while writes go on, from wherever an earlier run of this was interrupted.
 * @returns the digest that log and twin had in common (`rows:sum of hashes`; empty when an earlier run had compared them), or null when
 *   there was nothing to do
 * @throws CliFailure when the copy is not equal (the log stays as it is) or the log is too busy for a lock; AN409 of a rewrite the other way
 */
export async function rewriteLog({ database, monthly, onRows, signal }: LogRewrite): Promise<string | null> {
  const ask = async <T>(statement: string, parameters: unknown[] = []): Promise<T> => {
    signal.throwIfAborted();
    const { rows } = await database.query<{ answer: T }>(`select ${statement} as answer`, parameters);
    return (rows[0] as { answer: T }).answer;
  };
  await database.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
  const state = await patiently(signal, () => ask<string>('log_rewrite_begin($1)', [monthly]));
  if (state === 'done') return null;
  let digest = '';
  if (state !== 'swapped') {
    const total = await ask<number>("about_rows('event_log')::integer");
    for (let more = true; more; ) {
      const chunk = await ask<{ copied: number; more: boolean }>('log_rewrite_copy($1)', [CHUNK_ROWS]);
      onRows(chunk.copied, total);
      more = chunk.more;
    }
    const found = await ask<{ log: string; twin: string; equal: boolean }>('log_rewrite_compare()');
    if (!found.equal) {
      throw new CliFailure(EXIT.findings, `The copy is not the log: ${found.log} against ${found.twin}.`, {
        hint: 'The log is as it was. Give the copy up with annals partition --give-up, and report this.',
      });
    }
    digest = found.log;
    await patiently(signal, () => ask('log_rewrite_swap()'));
  }
  await patiently(signal, () => ask('log_rewrite_end()'));
  return digest;
}

/** Does what needs the log's lock, again and again for some time. */
export async function patiently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof pg.DatabaseError) || cause.code !== LOCK_NOT_AVAILABLE) throw cause;
      if (attempt === MAX_LOCK_TRIES) {
        throw new CliFailure(EXIT.failed, 'The log is in use without a break: a transaction stays open.', {
          hint: 'Look for it in pg_stat_activity, then run this again: it goes on where it stopped.',
          cause,
        });
      }
      await sleep(BETWEEN_TRIES_MS, undefined, { signal });
    }
  }
}
