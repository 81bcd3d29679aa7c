import { RestProblem } from './rest-problem.ts';

/** The standard page, and the largest: PostgREST's max-rows. */
export const MAX_ROWS = 1_000;

export interface RowsRange {
  readonly offset: number;
  readonly limit: number;
}

/**
 * The rows that are asked for: `limit` and `offset`, within what the header Range says.
 * @param range the header, `0-9` in items; only for reads
 * @throws RestProblem PGRST103 (416) for an impossible one
 */
export function rowsRange(limit: string | null, offset: string | null, range: string | undefined): RowsRange {
  let first = count('offset', offset) ?? 0;
  let after = first + (count('limit', limit) ?? Number.POSITIVE_INFINITY);
  const header = /^(\d{1,15})-(\d{1,15})?$/.exec(range?.replace(/^items=/, '').trim() ?? '');
  if (header !== null) {
    const last = header[2] === undefined ? Number.POSITIVE_INFINITY : Number(header[2]);
    if (last < Number(header[1]))
      throw notSatisfiable('The lower boundary must be lower than or equal to the upper boundary in the Range header.');
    first = Math.max(first, Number(header[1]));
    after = Math.min(after, last + 1);
  }
  return { offset: first, limit: Math.max(0, Math.min(after - first, MAX_ROWS)) };
}

/** `0-9/120`: what was answered of how many. */
export function contentRange({ offset }: RowsRange, rows: number, total: number | null): string {
  return `${rows === 0 ? '*' : `${offset}-${offset + rows - 1}`}/${total ?? '*'}`;
}

/** 206 when there is more than was answered. @throws RestProblem PGRST103 (416) when the offset is past the end */
export function rangeStatus({ offset }: RowsRange, rows: number, total: number | null): 200 | 206 {
  if (total === null) return 200;
  if (offset > total) {
    throw notSatisfiable(`An offset of ${offset} was requested, but there are only ${total} rows.`);
  }
  return rows < total ? 206 : 200;
}

function count(name: string, text: string | null): number | null {
  if (text === null) return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (/^-\d+$/.test(text))
    throw notSatisfiable(`${name === 'limit' ? 'Limit' : 'Offset'} should be greater than or equal to zero.`);
  throw new RestProblem(400, 'PGRST100', `${name} is not a number: ${text.slice(0, 50)}`);
}

const notSatisfiable = (details: string): RestProblem =>
  new RestProblem(416, 'PGRST103', 'Requested range not satisfiable', { details });
