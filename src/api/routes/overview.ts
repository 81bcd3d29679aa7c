import { Hono } from 'hono';
import * as z from 'zod';
import { overview } from '../../store/overview.ts';
import type { RecordJson, RelatedJson } from '../answer-types.ts';
import { asOf } from '../as-of.ts';
import type { ApiEnv } from '../env.ts';
import { jsonText } from '../json-text.ts';
import { instant } from '../parameters.ts';
import { query } from '../query.ts';
import { recordText } from '../record-text.ts';
import { show } from '../show.ts';

export const overviewQuery = z.strictObject({ show, valid_time: instant.optional(), tx_time: instant.optional() });

interface OverviewJson {
  as_of: string;
  time_zone: string;
  user: { id: string; email: string | null; label: string | null };
  timeline: OverviewRecord[];
  running: OverviewRecord[];
  counts: { today: Record<string, number>; last_7_days: Record<string, number> };
}

type OverviewRecord = RecordJson & { label: string | null; related: RelatedJson[] };

/** `GET /v1/overview`: the first screen, in one request to the database; hidden records with `show`. */
export const overviewRoute = new Hono<ApiEnv>().get('/v1/overview', query(overviewQuery), async (c) => {
  const { show: shown, ...asked } = c.req.valid('query');
  const rows = await overview(c.get('database'), c.get('caller').user_id, shown, asOf(c, asked));
  const of = (section: string) => rows.filter((row) => row.section === section);
  const user = JSON.parse(of('user')[0]?.record ?? '{}');
  const counts = of('count');
  const head = {
    as_of: user.as_of,
    time_zone: user.time_zone,
    user: { id: user.id, email: user.email, label: user.label },
    counts: {
      today: Object.fromEntries(counts.filter((row) => row.today !== 0).map((row) => [row.entity_type, row.today])),
      last_7_days: Object.fromEntries(counts.map((row) => [row.entity_type, row.last_7_days])),
    },
  };
  const records = (section: string) => `[${of(section).map(recordText).join(',')}]`;
  return jsonText<OverviewJson>(
    c,
    `${JSON.stringify(head).slice(0, -1)},"timeline":${records('timeline')},"running":${records('running')}}`,
  );
});
