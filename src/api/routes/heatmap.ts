import { Hono } from 'hono';
import * as z from 'zod';
import { heatmap } from '../../store/heatmap.ts';
import type { ApiEnv } from '../env.ts';
import { query } from '../query.ts';

const request = z.object({
  entity_type: z.string().min(1),
  year: z.coerce.number().int().min(1).max(9999),
});

/** `GET /v1/heatmap?entity_type=…&year=…`: records and minutes by local day. */
export const heatmapRoute = new Hono<ApiEnv>().get('/v1/heatmap', query(request), async (c) => {
  const { entity_type, year } = c.req.valid('query');
  return c.json({ entity_type, year, ...(await heatmap(c.var.database, c.var.caller.user_id, { entity_type, year })) });
});
