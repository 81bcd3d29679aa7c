import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { type RefreshReport, refresh } from '../../src/analytics/refresh.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { settled } from '../settled.ts';
import type { Stack } from '../stack.ts';

/** The database behind a stack, as these tests write to it, refresh it and look at it. */
export interface AnalyticsStore {
  owner(): pg.Pool;
  /** The application's road, through the local Neon endpoint. */
  road(): Database;
  /** Minutes go by as the tests need them: each is later than all before. */
  nextMinute(): Date;
  /** Writes as this user. */
  transact(user: string, operations: readonly object[], on?: pg.Pool | pg.PoolClient): Promise<void>;
  /** Refreshes what is due, when all that was committed before can be seen. */
  refresh(): Promise<RefreshReport | null>;
  /** What a rollup holds, or what it must hold, of these users, as comparable JSON. */
  rows(rollup: string, users: readonly string[]): Promise<object[]>;
  lastRun(name: string): Promise<Record<string, unknown>>;
}

export function analyticsStore(stack: () => Stack): AnalyticsStore {
  let pool: pg.Pool;
  let database: Database;
  let minute = 0;
  beforeAll(() => {
    pool = new pg.Pool({ connectionString: stack().database.url });
    database = openDatabase(stack().database.urlAs('annals_app', stack().neon.port));
  });
  afterAll(() => pool.end());
  const nextMinute = () => new Date(Date.UTC(2027, 0, 1, 0, minute++));
  return {
    owner: () => pool,
    road: () => database,
    nextMinute,
    async transact(user_id, operations, on = pool) {
      await on.query('select transact($1::jsonb)', [JSON.stringify({ user_id, operations, request_hash: '' })]);
    },
    async refresh() {
      await settled(pool);
      return refresh(database, { scheduled_for: nextMinute(), names: null, rebuild: false });
    },
    async rows(rollup, users) {
      const { rows } = await pool.query<{ row: object }>(
        `select without_noise(to_jsonb(r)) as row from ${rollup} r where user_id = any ($1) order by to_jsonb(r)::text collate "C"`,
        [users],
      );
      return rows.map(({ row }) => row).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    },
    async lastRun(name) {
      const { rows } = await pool.query('select * from refresh_log where name = $1 order by started_at desc limit 1', [
        name,
      ]);
      return rows[0];
    },
  };
}

export const put = (entity_id: string, entity_type: string, doc: object, extra: object = {}) => ({
  op: 'put',
  entity_id,
  entity_type,
  doc,
  ...extra,
});

export const projectLog = (beginning: string, end: string | null, time_zone = 'Europe/Berlin') => ({
  beginning,
  ...(end !== null && { end }),
  time_zone,
  project_id: randomUUID(),
});
