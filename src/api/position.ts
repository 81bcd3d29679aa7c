import type { Context } from 'hono';
import { invalid } from './invalid.ts';

/**
 * The header `Position`, as an answer to a write had it: the reads of this request must see that write.
 * @throws Failure AN422
 */
export function requestedPosition(c: Context): string | undefined {
  const position = c.req.header('position');
  if (position === undefined || /^\d{1,19}$/.test(position)) return position;
  throw invalid([{ field: '/headers/Position', message: 'is none of ours: send what an answer had, unchanged' }]);
}
