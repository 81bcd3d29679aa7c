import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { migrate } from '../../src/cli/migrate.ts';
import { entityTypeFacts } from '../../src/domain/entity-type-facts.ts';
import { createDatabase } from '../database.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';

test('entities of a type that says something else of them are folded anew, from where a killed migrate stopped', async () => {
  const database = await createDatabase(SCHEMA_TEMPLATE);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const ask = async (statement: string) => (await client.query(`select ${statement}`)).rows[0];

  // As an older src/domain had it: a session stood where it ended.
  await client.query("update entity_types set axis_from = '{end}', axis_until = null where name = 'exercise_session'");
  const sessions = Array.from({ length: 5 }, () => ({
    op: 'put',
    entity_id: randomUUID(),
    entity_type: 'exercise_session',
    doc: { beginning: '2026-01-01T23:00:00Z', end: '2026-01-02T01:00:00Z' },
  }));
  await client.query('select transact($1)', [{ user_id: randomUUID(), request_hash: '', operations: sessions }]);
  await client.query('update analytics set stale = false');
  expect(await ask('stale_entities() as stale')).toEqual({ stale: '0' });

  await client.query('select sync_entity_types($1)', [JSON.stringify(entityTypeFacts())]);
  expect(await ask('refold(2) as more')).toEqual({ more: true });
  expect(await ask('stale_entities() as stale')).toEqual({ stale: '3' });

  await migrate(database.url);
  expect(await ask('stale_entities() as stale')).toEqual({ stale: '0' });
  const { rows } = await client.query(
    'select distinct iso(occurred_at) as at, iso(occurred_until) as until from entities',
  );
  expect(rows).toEqual([{ at: '2026-01-01T23:00:00.000000Z', until: '2026-01-02T01:00:00.000000Z' }]);
  const stale = "array_agg(distinct kind order by kind) as kinds from analytics where stale and kind <> 'housekeeping'";
  expect(await ask(stale)).toEqual({ kinds: ['materialized_view', 'rollup'] });

  // The same again finds nothing to do.
  await client.query('update analytics set stale = false');
  await migrate(database.url);
  expect(await ask(stale)).toEqual({ kinds: null });
  await client.end();
  await database.drop();
});
