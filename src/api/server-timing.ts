import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { logEvent } from '../log/log-event.ts';
import { type Database, openDatabase, type Road } from '../store/database.ts';
import { encodeBasis, requestedBasis } from './basis.ts';
import type { ApiEnv } from './env.ts';
import { requestedPosition } from './position.ts';

/** When a request passed its stages, in milliseconds of `performance.now()`. A Worker's clock moves at I/O alone. */
export interface Stages {
  readonly began: number;
  /** The token was verified. */
  authenticated: number | null;
  /** The first question to the database. */
  asked: number | null;
  database_ms: number;
}

/** Says in `Server-Timing` where the time went, and in one log line what was asked and answered. */
export function serverTiming(): MiddlewareHandler<ApiEnv> {
  return async function serverTiming(c, next) {
    const stages: Stages = { began: performance.now(), authenticated: null, asked: null, database_ms: 0 };
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
    c.var.stages.authenticated = performance.now();
    const basis = requestedBasis(c);
    c.set('basis', basis);
    const road: Road = {
      replicaUrl: c.env.DATABASE_READ_URL,
      position: requestedPosition(c),
      basis,
      onBasis: (read) => c.header('Basis', encodeBasis(read)),
      onWritten: (position) => c.header('Position', position),
    };
    c.set('database', timed(openDatabase(c.env.DATABASE_URL, road), c.var.stages));
    await next();
  };
}

function timed(database: Database, stages: Stages): Database {
  const time = async <T>(answer: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    stages.asked ??= began;
    try {
      return await answer();
    } finally {
      stages.database_ms += performance.now() - began;
    }
  };
  return {
    call: (name, text, parameters) => time(() => database.call(name, text, parameters)),
    read: (name, userId, text, parameters) => time(() => database.read(name, userId, text, parameters)),
    write: (name, text, parameters) => time(() => database.write(name, text, parameters)),
  };
}
