import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import {
  countCall,
  countRequest,
  isEmpty,
  type Measurements,
  noMeasurements,
  slowAfter,
} from '../analytics/measurements.ts';
import { observeDatabase } from '../analytics/observe-database.ts';
import { handOver, isMarked, markWritten, type SignalBinding } from '../analytics/signal.ts';
import { logEvent } from '../log/log-event.ts';
import { userHash } from '../log/user-hash.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { type Stages, startStages } from './stages.ts';
import type { Caller } from './verify-token.ts';

/** What both Workers have for this. */
interface MeasuredEnv {
  Bindings: { DATABASE_URL: string; SIGNAL: SignalBinding; SLOW_CALL_MS?: string };
  Variables: { requestId: string; caller: Caller; database: Database; stages: Stages };
}

/** An isolate hands over what it counted this long after the first request that it counted. */
const GATHER_MS = 2_000;
/** Whoever has not handed over by then was killed: the next request takes over. */
const MAX_GATHER_MS = 10_000;
/** These change nothing; a POST under ops refreshes by itself. */
const READING = /^(GET|HEAD|OPTIONS)$/;
const OPS = '/v1/ops/';

/** This isolate's, of many requests. */
let gathered: Measurements = noMeasurements();

/**
 * The road to the database for the routes after it, each call measured; when the answer is out, one line in the log, and (beside
 * the answer, so that nobody waits) the signal to the cron after a write.
 */
export function telemetry(): MiddlewareHandler<MeasuredEnv> {
  return async function telemetry(c, next) {
    const began_ms = performance.now();
    const slowAfter_ms = slowAfter(c.env.SLOW_CALL_MS);
    // Of the API Worker these are there already.
    const stages: Stages = c.get('stages') ?? startStages();
    const road: Database | undefined = c.get('database');
    const observed = observeDatabase(road ?? openDatabase(c.env.DATABASE_URL), (call) => {
      stages.asked ??= call.began_ms;
      stages.database_ms += call.duration_ms;
      stages.database_calls++;
      countCall(gathered, call, slowAfter_ms, new Date());
    });
    c.set('database', observed);
    await next();

    const { status } = c.res;
    const { method } = c.req;
    const route = routePath(c, -1);
    const duration_ms = performance.now() - began_ms;
    countRequest(gathered, { route: `${method} ${route}`, status, duration_ms }, new Date());
    // A 5xx may have been committed all the same: the answer was what got lost.
    const mayHaveWritten = !READING.test(method) && (status < 400 || status >= 500) && !c.req.path.startsWith(OPS);
    if (mayHaveWritten && !isMarked()) c.executionCtx.waitUntil(markWritten(c.env.SIGNAL));
    if (performance.now() - gathering_since_ms > MAX_GATHER_MS) c.executionCtx.waitUntil(handOverSoon(c.env.SIGNAL));
    logEvent({
      event: 'request',
      request_id: c.get('requestId'),
      method,
      route,
      status,
      duration_ms: round(duration_ms),
      database_ms: round(stages.database_ms),
      database_calls: stages.database_calls,
      user: userHash(c.get('caller')),
    });
  };
}

let gathering_since_ms = Number.NEGATIVE_INFINITY;

/** Of the requests within a time, the first waits for the others and hands all over. */
async function handOverSoon(signal: SignalBinding): Promise<void> {
  gathering_since_ms = performance.now();
  await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
  gathering_since_ms = Number.NEGATIVE_INFINITY;
  const measured = gathered;
  gathered = noMeasurements();
  if (!isEmpty(measured)) await handOver(signal, measured);
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
