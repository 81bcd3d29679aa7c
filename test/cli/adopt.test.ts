import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { callerOf } from '../api/caller.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

/** More transactions than this cluster will have. */
const OLD_CLUSTERS = 1_000_000_000;

test('a log restored from another cluster is read whole, in order, and before what is written after it', async () => {
  const { database } = stack();
  const me = callerOf(stack, randomUUID());
  const put = async () => {
    const id = randomUUID();
    await me.write({ op: 'put', id, entity_type: 'habit', doc: { label: 'Run', sensitive: false, archived: false } });
    return id;
  };
  const feed = async () => (await me.get('/v1/changes')).changes.map(({ id }: { id: string }) => id);
  // Other files' open transactions hold a feed back for a while.
  const feedIs = (ids: readonly string[]) => expect.poll(feed).toEqual(ids);
  const before = [await put(), await put(), await put()];
  await feedIs(before);

  // What a restore brings: the same rows with the old cluster's ids, which are all still to come here.
  await database.query('alter table event_log disable trigger event_log_append_only');
  await database.query(`update event_log set xid = (xid::text::bigint + ${OLD_CLUSTERS})::text::xid8`);
  await database.query('alter table event_log enable trigger event_log_append_only');
  expect(await feed()).toEqual([]);

  const lines: string[] = [];
  const code = await runCli(['adopt'], {
    env: { DATABASE_URL: database.url },
    out: (line) => lines.push(line),
    err: (text) => lines.push(text),
    is_terminal: false,
    signal: new AbortController().signal,
  });
  expect({ code, lines }).toEqual({ code: 0, lines: [expect.stringMatching(/^Adopted 3 events\./)] });
  await feedIs(before);
  const after = await put();
  await feedIs([...before, after]);
  await expect(database.query('update event_log set doc = null')).rejects.toThrow(/append-only/);
});

test('the application may not adopt a log', async () => {
  const { database } = stack();
  const { rows } = await database.query(
    `select has_function_privilege(role, 'adopt_log()', 'execute') as may from unnest('{annals_app, annals_import}'::text[]) role`,
  );
  expect(rows).toEqual([{ may: false }, { may: false }]);
});
