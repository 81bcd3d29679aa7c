import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { logEvent } from '../log/log-event.ts';
import { openDatabase, type Road } from '../store/database.ts';
import { encodeBasis, requestedBasis } from './basis.ts';
import type { ApiEnv } from './env.ts';
import { requestedPosition } from './position.ts';
import { startStages } from './stages.ts';

/** Says in `Server-Timing` where the time went, and in one log line what was asked and answered. */
export function serverTiming(): MiddlewareHandler<ApiEnv> {
  return async function serverTiming(c, next) {
    const stages = startStages();
    c.set('stages', stages);
    await next();
    const total_ms = performance.now() - stages.began;
    const { authenticated, asked, database_ms } = stages;
    const entries: [name: string, ms: number | null][] = [
      ['auth', authenticated === null ? null : authenticated - stages.began],
      ['validate', authenticated === null || asked === null ? null : asked - authenticated],
      ['db', asked === null ? null : database_ms],
      ['total', total_ms],
    ];
    const text = entries.flatMap(([name, ms]) => (ms === null ? [] : [`${name};dur=${ms.toFixed(1)}`])).join(', ');
    c.res.headers.set('Server-Timing', text);
    // Of a request that got past its token, telemetry() says more.
    if (authenticated !== null) return;
    logEvent({
      event: 'request',
      request_id: c.get('requestId'),
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      duration_ms: Math.round(total_ms),
      database_ms: 0,
      database_calls: 0,
      user: null,
    });
  };
}

/**
 * Opens the road to the database for the routes after it, by the headers `Basis` and `Position`, and says in the same headers of the
 * answer what was read or written. Comes after authentication.
 */
export function withDatabase(): MiddlewareHandler<ApiEnv> {
  return async function withDatabase(c, next) {
    c.get('stages').authenticated = performance.now();
    const basis = requestedBasis(c);
    c.set('basis', basis);
    const road: Road = {
      replicaUrl: c.env.DATABASE_READ_URL,
      position: requestedPosition(c),
      basis,
      onBasis: (read) => c.header('Basis', encodeBasis(read)),
      onWritten: (position) => c.header('Position', position),
    };
    c.set('database', openDatabase(c.env.DATABASE_URL, road));
    await next();
  };
}
