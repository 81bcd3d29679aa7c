import { Hono } from 'hono';
import * as z from 'zod';
import { listRefreshes } from '../../store/list-refreshes.ts';
import { requireScope } from '../authenticate.ts';
import type { ApiEnv } from '../env.ts';
import { query } from '../query.ts';

const request = z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(50) });

/** `GET /v1/ops/refreshes`: the newest refreshes with their durations, for the operator. */
export const refreshesRoute = new Hono<ApiEnv>().get(
  '/v1/ops/refreshes',
  requireScope('operator'),
  query(request),
  async (c) => c.json({ refreshes: await listRefreshes(c.var.database, c.req.valid('query').limit) }),
);
