import type { Context } from 'hono';
import type { RouterRoute } from 'hono/types';
import { Failure } from '../store/failure.ts';
import { allowedMethods } from './allowed-methods.ts';
import { renderFailure } from './render-failure.ts';

/**
 * The answer where no route took the request: AN405 and the methods that the address takes, or AN404 where there is no such
 * address; OPTIONS is told the methods.
 * @param hint where the routes are listed
 */
export function refuseRoute(c: Context, routes: readonly RouterRoute[], hint: string): Response {
  const allowed = allowedMethods(routes, c.req.path);
  if (allowed.length === 0) return renderFailure(new Failure('AN404', 'There is no such route.', { hint }), c);
  const allow = allowed.join(', ');
  c.header('Allow', allow);
  if (c.req.method === 'OPTIONS') return c.body(null, 204);
  return renderFailure(
    new Failure('AN405', `${c.req.method} is not for this address.`, { hint: `It takes ${allow}.` }),
    c,
  );
}
