import type { Context } from 'hono';
import { type Moment, PRESENT } from '../store/get-entity.ts';
import { atBasis } from './basis.ts';
import type { ApiEnv } from './env.ts';
import { invalid } from './invalid.ts';

/** `Thu, `, which nobody checks. */
const WEEKDAY_CHARS = 5;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/**
 * The moment that a read asks about: by its query, or by Accept-Datetime (RFC 7089), which asks for what held and was known
 * then. An answer about such a moment says so in Memento-Datetime; one that has not come yet is the present (section 4.5.3).
 * @throws Failure AN422 for a header that is no HTTP date, or beside a query that says another moment
 */
export function asOf(
  c: Context<ApiEnv>,
  { valid_time, tx_time }: { valid_time?: string | undefined; tx_time?: string | undefined },
): Moment {
  c.header('Vary', 'Accept-Datetime', { append: true });
  const header = c.req.header('accept-datetime')?.trim();
  if (header === undefined) return atBasis(c, { valid_time: valid_time ?? null, tx_time: tx_time ?? null });
  const at = new Date(header);
  // Date reads 31 Feb as 3 Mar, and the year 0033 as 2033.
  if (!HTTP_DATE.test(header) || at.toUTCString().slice(WEEKDAY_CHARS) !== header.slice(WEEKDAY_CHARS)) {
    throw invalid([
      { field: '/headers/Accept-Datetime', message: 'is not an HTTP date: write Thu, 31 May 2007 20:35:00 GMT' },
    ]);
  }
  if (valid_time !== undefined || tx_time !== undefined) {
    throw invalid([
      { field: '/headers/Accept-Datetime', message: 'and valid_time or tx_time exclude each other: leave one out' },
    ]);
  }
  const now = new Date();
  const moment = at < now ? { valid_time: at.toISOString(), tx_time: at.toISOString() } : atBasis(c, PRESENT);
  c.header('Memento-Datetime', (at < now ? at : now).toUTCString());
  c.header('Link', `<${new URL(c.req.url).pathname}>; rel="original timegate"`, { append: true });
  return moment;
}
