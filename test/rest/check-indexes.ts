import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect } from 'vitest';
import { createDatabase } from '../database.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { type Explained, explainRequest } from './explain.ts';
import { writeManyRecords } from './many-records.ts';

/** What a request may touch, whatever the size: rows read from tables, those thrown away included. */
const MAX_TOUCHED_ROWS = 600;
/** Of what is found by its parent: each has 2,000 logs at most, at any size. */
const MAX_LOGS_OF_A_HABIT = 2_500;
/** A page of one parent's, newest first: by its 2,000 logs, or through the time axis, where one log in 210 is its at most. */
const MAX_FOR_A_PARENTS_PAGE = 15_000;

/**
 * Every kind of request that should be an index range is one, at this size, under annals_app: it touches few rows and scans no
 * table. @param logs how many records two users have each
 */
export async function checkIndexes(logs: number): Promise<Map<string, Explained>> {
  const database = await createDatabase(SCHEMA_TEMPLATE);
  const owner = new pg.Client({ connectionString: database.url });
  const app = new pg.Client({ connectionString: database.urlAs('annals_app') });
  await Promise.all([owner.connect(), app.connect()]);
  const explained = new Map<string, Explained>();
  try {
    const user = randomUUID();
    await writeManyRecords(owner, user, logs);
    await writeManyRecords(owner, randomUUID(), logs);
    const { rows } = await owner.query(
      `select (select entity_id from entities where user_id = $1 and entity_type = 'habit' and not archived order by doc ->> 'label' limit 1) as habit,
        (select entity_id from entities where user_id = $1 and entity_type = 'habit_log' limit 1) as log,
        (select iso(max(tx_time)) from event_log where user_id = $1) as last,
        (select iso('2000-01-01Z'::timestamptz + $2::integer * interval '1 minute')) as middle`,
      [user, logs / 2],
    );
    const { habit, log, last, middle } = rows[0];
    const expectRange = async (path: string, index: RegExp, at: string | null = null, most = MAX_TOUCHED_ROWS) => {
      const result = await explainRequest(app, user, path, { valid_time: at, tx_time: at });
      expect(result.rows, path).toBeGreaterThan(0);
      expect(result.touched, path).toBeLessThan(most);
      expect(result.indexes.join(' '), path).toMatch(index);
      expect(result.scanned, path).not.toContain('event_log');
      expect(result.scanned, path).not.toContain('entities');
      explained.set(`${path}${at === null ? '' : ' as of'}`, result);
    };
    const byTime = /entities_user(_type)?_time/;
    await expectRange(`habit_log?id=eq.${log}`, /entities_pkey|entities_user/);
    await expectRange(`habit_log?id=in.(${log},${randomUUID()})`, /entities_pkey|entities_user/);
    await expectRange('habit_log?limit=50', byTime);
    await expectRange('habit_log?limit=50&order=timestamp.asc', byTime);
    await expectRange('habit_log?limit=50&show=deleted,archived,sensitive', byTime);
    await expectRange('habit_log?limit=50&timestamp=gte.2000-01-03&timestamp=lt.2000-01-04', byTime);
    await expectRange('habit_log?limit=50&occurred_at=lt.2000-01-05T00:00:00Z', byTime);
    await expectRange(`habit_log?limit=50&cursor=${btoa(JSON.stringify(['2000-01-08T00:00:00Z', log]))}`, byTime);
    await expectRange('habit_log?notes=eq.note 77', /entities_doc/);
    await expectRange('habit_log?notes=in.(note 77,note 78)', /entities_doc/);
    await expectRange('habit_log?or=(notes.eq.note 77,and(notes.eq.note 79,time_zone.eq.UTC))', /entities_doc/);
    await expectRange(
      `habit_log?limit=50&habit_ids=cs.{${habit}}`,
      /entities_doc|entities_user(_type)?_time/,
      null,
      MAX_FOR_A_PARENTS_PAGE,
    );
    await expectRange('habit_log?limit=50&select=*,habits:habit_ids(label)', byTime);
    await expectRange(
      'habit?limit=5&select=*,habit_log(*)&habit_log.limit=5',
      /entities_doc|entities_user(_type)?_time/,
      null,
      5 * MAX_LOGS_OF_A_HABIT,
    );
    await expectRange(`habit_log?id=eq.${log}`, /event_log_pkey/, last);
    await expectRange('habit_log?limit=50', /event_log_user_type_occurred/, last);
    await expectRange('habit_log?limit=50&show=deleted,archived,sensitive', /event_log_user_type_occurred/, last);
    await expectRange('habit_log?limit=50&select=*,habits:habit_ids(label)', /event_log_user_type_occurred/, last);
    await expectRange('habit_log?limit=50', /event_log_user_type_occurred/, middle);
    await expectRange(
      'habit_log?limit=50&timestamp=gte.2000-01-03&timestamp=lt.2000-01-04',
      /event_log_user_type_occurred/,
      last,
    );
  } finally {
    await Promise.all([owner.end(), app.end()]);
    await database.drop();
  }
  return explained;
}
