import type pg from 'pg';
import { CliFailure, EXIT } from './cli-failure.ts';
import { LOCK_TIMEOUT_MS, patiently } from './patiently.ts';

/** About a third of a second: what a kill loses, and how often Ctrl-C is looked for. */
const CHUNK_ROWS = 5_000;

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
