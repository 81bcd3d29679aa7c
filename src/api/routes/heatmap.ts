import { Hono } from 'hono';
import * as z from 'zod';
import { heatmap } from '../../store/heatmap.ts';
import { asOf } from '../as-of.ts';
import type { ApiEnv } from '../env.ts';
import { instant, integer, plainText } from '../parameters.ts';
import { query } from '../query.ts';
import { show } from '../show.ts';

export const heatmapQuery = z.strictObject({
  entity_type: plainText,
  year: integer(1, 9999),
  show,
  valid_time: instant.optional(),
  tx_time: instant.optional(),
});

/** `GET /v1/heatmap?entity_type=…&year=…`: records and minutes by local day; hidden records with `show`. */
export const heatmapRoute = new Hono<ApiEnv>().get('/v1/heatmap', query(heatmapQuery), async (c) => {
  const { entity_type, year, show: shown, ...asked } = c.req.valid('query');
  const moment = asOf(c, asked);
  return c.json({
    entity_type,
    year,
    ...(await heatmap(c.var.database, c.var.caller.user_id, { entity_type, year, shown, moment })),
  });
});
