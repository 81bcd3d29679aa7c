import { canonicalInstant } from '../../domain/time/instant.ts';
import type { Moment } from './read-sql.ts';
import { RestProblem } from './rest-problem.ts';
import type { RestQuery } from './rest-query.ts';

export interface ReadMoment extends Moment {
  /** For the header Memento-Datetime (RFC 7089); null when the present was asked for. */
  readonly memento: string | null;
}

/**
 * The moment that is asked for: `valid_time` and `tx_time`, or else the header Accept-Datetime, which means both: what held
 * then, by what was known then. A datetime that has not come yet is the present, as RFC 7089 has it (section 4.5.3).
 */
export function readMoment(
  { validTime, txTime }: RestQuery,
  acceptDatetime: string | undefined,
  now: Date,
): ReadMoment {
  if (validTime !== null || txTime !== null) {
    return { valid_time: instant('valid_time', validTime), tx_time: instant('tx_time', txTime), memento: null };
  }
  if (acceptDatetime === undefined) return { valid_time: null, tx_time: null, memento: null };
  const at = HTTP_DATE.test(acceptDatetime.trim()) ? new Date(acceptDatetime) : new Date(Number.NaN);
  if (Number.isNaN(at.getTime())) {
    throw new RestProblem(400, 'PGRST100', 'Accept-Datetime is not a date of HTTP', {
      hint: 'Write Wed, 01 Jul 2026 12:00:00 GMT.',
    });
  }
  if (at >= now) return { valid_time: null, tx_time: null, memento: now.toUTCString() };
  return { valid_time: at.toISOString(), tx_time: at.toISOString(), memento: at.toUTCString() };
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

function instant(name: string, text: string | null): string | null {
  if (text === null) return null;
  const canonical = canonicalInstant(text.replace(/ (\d\d(?::?\d\d)?)$/, '+$1'));
  if (canonical === null || !/^(?!0000)\d{4}-/.test(canonical)) {
    throw new RestProblem(400, '22P02', `${name} is not an instant: "${text.slice(0, 50)}"`, {
      hint: 'Write 2026-07-01T12:00:00Z.',
    });
  }
  return canonical;
}
