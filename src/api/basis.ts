import type { Context } from 'hono';
import * as z from 'zod';
import type { LogBasis } from '../store/database.ts';
import type { Moment } from '../store/get-entity.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { ApiEnv } from './env.ts';
import { invalid } from './invalid.ts';
import { instant } from './parameters.ts';

/** What is answered from the log alone, and so can be answered again. */
const REPEATABLE = /^\/(v1\/(overview|heatmap|history|entities(\/[^/]+(\/history)?)?)|rest\/v1\/[^/]+)$/;

/** Whether reads of this path take the header Basis. */
export const isRepeatable = (path: string): boolean => REPEATABLE.test(path);

const logBasis = z.object({
  log: z.string().max(60),
  snapshot: z.string().regex(/^\d{1,19}:\d{1,19}:(\d{1,19}(,\d{1,19})*)?$/),
  at: instant,
});

/**
 * The header `Basis`: `now`, or what an answer had there, which is then answered from the very same versions.
 * @throws Failure AN422 for text that is no basis, and where the present alone is answered
 */
export function requestedBasis(c: Context): LogBasis | 'now' | null {
  const text = c.req.header('basis');
  if (text === undefined) return null;
  const isRead = /^(GET|HEAD)$/.test(c.req.method);
  const isHere = isRepeatable(c.req.path);
  // Those addresses under /v1 take no other method, as the router says.
  if (isHere && !isRead && c.req.path.startsWith('/v1/')) return null;
  if (!isRead || !isHere) {
    throw invalid([{ field: '/headers/Basis', message: 'is not for this address, which knows the present alone' }]);
  }
  c.header('Vary', 'Basis', { append: true });
  return text === 'now' ? 'now' : decodeCursor(text, logBasis, 'headers/Basis');
}

/** A basis as text for a client to send back. */
export const encodeBasis = ({ log, snapshot, at }: LogBasis): string => encodeCursor({ log, snapshot, at });

/** The moment that a request asks about, which with a basis is the basis' own where nothing else is said. */
export function atBasis(c: Context<ApiEnv>, { valid_time, tx_time }: Moment): Moment {
  const basis = c.get('basis');
  if (basis === null) return { valid_time, tx_time };
  // Postgres' own word for the clock of a transaction, which is what the basis will say it was.
  return { valid_time: valid_time ?? (basis === 'now' ? 'now' : basis.at), tx_time: tx_time ?? 'infinity' };
}
