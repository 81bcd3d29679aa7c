import { Hono } from 'hono';
import * as z from 'zod';
import { refresh } from '../../analytics/refresh.ts';
import { ANALYTICS } from '../../analytics/registry.ts';
import { signalOf } from '../../analytics/signal.ts';
import { checkTripwires, tripwireLimits } from '../../analytics/tripwires.ts';
import { Failure } from '../../store/failure.ts';
import { listDrifts } from '../../store/list-drifts.ts';
import { listRefreshes } from '../../store/list-refreshes.ts';
import { performanceHistory } from '../../store/performance-history.ts';
import { explainSlow, slowQueries } from '../../store/slow-queries.ts';
import { requireScope } from '../authenticate.ts';
import type { ApiEnv } from '../env.ts';
import { invalid, problemsOf } from '../invalid.ts';
import { jsonBody } from '../json-body.ts';
import { integer, limit } from '../parameters.ts';
import { path, query } from '../query.ts';

const names = ANALYTICS.map((analytic) => analytic.name);
const name = z
  .string()
  .refine((text) => names.includes(text), `is none of ${names.join(', ')}`)
  .meta({ enum: names });
export const refreshBody = z.strictObject({
  names: z.array(name).min(1).optional(),
  rebuild: z.boolean().default(false),
});
export const refreshesQuery = z.strictObject({ limit: limit(50), name: name.optional() });
const MAX_HOURS = 90 * 24;
const hours = integer(1, MAX_HOURS).default(24).meta({ default: 24 });
export const driftsQuery = z.strictObject({ limit: limit(50) });
export const slowQueriesQuery = z.strictObject({ hours, limit: limit(50) });
export const slowQueryPath = z.object({ name: z.string().min(1) });
export const performanceQuery = z.strictObject({ hours });
const HOUR_MS = 3_600_000;
const since = (count: number) => new Date(Date.now() - count * HOUR_MS);

/** The operator's own: each answers from one request to the database (a refresh takes several, by nature). */
export const opsRoutes = new Hono<ApiEnv>()
  .use('/v1/ops/*', requireScope('operator'))
  /** `GET /v1/ops/refreshes?limit=…&name=…`: the newest runs with their durations. */
  .get('/v1/ops/refreshes', query(refreshesQuery), async (c) => {
    const { limit, name = null } = c.req.valid('query');
    return c.json({ refreshes: await listRefreshes(c.var.database, limit, name) });
  })
  /** `POST /v1/ops/refreshes {"names": […], "rebuild": true}`: refresh now, these or all, from scratch or what changed. */
  .post('/v1/ops/refreshes', async (c) => {
    const parsed = refreshBody.safeParse((await jsonBody(c)).json);
    if (!parsed.success) throw invalid(problemsOf(parsed.error));
    const report = await refresh(c.var.database, {
      scheduled_for: null,
      names: parsed.data.names ?? names,
      rebuild: parsed.data.rebuild,
    });
    if (report === null) {
      throw new Failure('AN409', 'Another refresh is running.', {
        hint: 'Look at GET /v1/ops/refreshes and try again.',
      });
    }
    return c.json({ refreshes: report.outcomes });
  })
  /** `GET /v1/ops/analytics`: what the cron keeps fresh, and what each answers. */
  .get('/v1/ops/analytics', (c) => c.json({ analytics: ANALYTICS }))
  /** `GET /v1/ops/drifts`: what drift checks found and healed. */
  .get('/v1/ops/drifts', query(driftsQuery), async (c) =>
    c.json({ drifts: await listDrifts(c.var.database, c.req.valid('query').limit) }),
  )
  /** `GET /v1/ops/tripwires`: each limit, its value now, its trend. */
  .get('/v1/ops/tripwires', async (c) => {
    const { tripwires } = await checkTripwires(c.var.database, tripwireLimits({ ...c.env }));
    return c.json({ tripwires });
  })
  /** `GET /v1/ops/slow-queries?hours=…`: calls to the database by name, and the newest slow ones. */
  .get('/v1/ops/slow-queries', query(slowQueriesQuery), async (c) => {
    const { hours, limit } = c.req.valid('query');
    const signal = signalOf(c.env.SIGNAL);
    const taken = await signal.take(Date.now());
    const answer = await slowQueries(c.var.database, taken.measured, since(hours), limit);
    await signal.drop(taken.id);
    return c.json(answer);
  })
  /** `GET /v1/ops/slow-queries/NAME/plan`: how Postgres would run a statement that was slow; it is planned, not run. */
  .get('/v1/ops/slow-queries/:name/plan', path(slowQueryPath), async (c) => {
    const { name } = c.req.valid('param');
    return c.json({ name, plan: await explainSlow(c.var.database, name) });
  })
  /** `GET /v1/ops/performance?hours=…`: requests, errors and latencies per route and hour. */
  .get('/v1/ops/performance', query(performanceQuery), async (c) => {
    const signal = signalOf(c.env.SIGNAL);
    const taken = await signal.take(Date.now());
    const routes = await performanceHistory(c.var.database, taken.measured, since(c.req.valid('query').hours));
    await signal.drop(taken.id);
    return c.json({ routes });
  });
