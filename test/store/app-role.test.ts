import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../src/cli/migrate.ts';
import { createDatabase } from '../database.ts';

// A template's privileges are not copied with it, so this migrates a database of its own, as a deployment does.
test('the application can make no function that a filter would show other people’s rows', async () => {
  const database = await createDatabase();
  onTestFinished(() => database.drop());
  await migrate(database.url);
  const [secret, stranger] = ['of somebody else', randomUUID()];
  await database.query('select transact($1::jsonb)', [
    JSON.stringify({
      user_id: randomUUID(),
      request_hash: '',
      operations: [{ op: 'put', entity_id: randomUUID(), entity_type: 'habit', doc: { label: secret } }],
    }),
  ]);
  const app = new pg.Client({ connectionString: database.urlAs('annals_app') });
  const seen: string[] = [];
  app.on('notice', ({ message }) => seen.push(message ?? ''));
  await app.connect();
  onTestFinished(() => app.end());
  await app.query("select set_config('annals.user_id', $1, false)", [stranger]);
  await expect(
    app.query(
      `create function pg_temp.peek(p_doc jsonb) returns boolean language plpgsql cost 0.0001 as
      $$ begin raise notice '%', p_doc; return true; end $$`,
    ),
  ).rejects.toMatchObject({ code: '42501' });
  await expect(app.query('select from own_entities where pg_temp.peek(doc)')).rejects.toMatchObject({
    code: expect.stringMatching(/^(42883|3F000)$/),
  });
  expect(seen).toEqual([]);
});
