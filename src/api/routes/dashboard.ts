import { Hono } from 'hono';
import * as z from 'zod';
import { entityTypes } from '../../domain/entity-types.generated.ts';
import { isLocalDate } from '../../domain/time/local-date.ts';
import { dashboard } from '../../store/dashboard.ts';
import type { ApiEnv } from '../env.ts';
import { entityTypeName } from '../parameters.ts';
import { query } from '../query.ts';
import { show } from '../show.ts';

/** Ten years and a leap day or two. */
const MAX_DAYS = 3_660;
const DAY_MS = 86_400_000;

const day = z
  .string()
  .refine((text) => text.length === 10 && isLocalDate(text), 'is not a date: write 2026-07-01')
  .meta({ format: 'date' });
export const dashboardQuery = z
  .strictObject({
    entity_type: entityTypeName.optional(),
    from: day,
    to: day,
    show,
  })
  .refine(({ from, to }) => from <= to && (Date.parse(to) - Date.parse(from)) / DAY_MS < MAX_DAYS, {
    path: ['to'],
    message: `must be the same day as from or a later one, at most ${MAX_DAYS} days in all`,
  });

/** `GET /v1/dashboard?from=…&to=…&entity_type=…`: eight charts of these local days, of one type or all, in one request to the database. */
export const dashboardRoute = new Hono<ApiEnv>().get('/v1/dashboard', query(dashboardQuery), async (c) => {
  const { entity_type, from, to, show: shown } = c.req.valid('query');
  const entity_types = entity_type === undefined ? Object.keys(entityTypes) : [entity_type];
  const answer = await dashboard(c.var.database, c.var.caller.user_id, {
    entity_types,
    from,
    to,
    shown,
    with_points: entity_type !== undefined,
  });
  return c.json({ entity_type: entity_type ?? null, from, to, ...answer });
});
