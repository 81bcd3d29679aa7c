import { rm } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importFile } from '../../src/cli/import-file.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { cutHistory } from './history-cut.ts';

const cut = cutHistory(120);
const stack = stackFor(SCHEMA_TEMPLATE);
let owner: pg.Pool;
let file: string;
beforeAll(async () => {
  owner = new pg.Pool({ connectionString: stack().database.url, max: 1 });
  file = await cut.save();
});
afterAll(async () => {
  await owner?.end();
  await rm(file, { force: true });
});

/** One pass of the cron over the rollups, now: the modes in which they ran. */
async function pass(): Promise<string[]> {
  const started = await owner.query("select refresh_start(null, array['daily_activity'], false) as tick");
  const { lease } = started.rows[0].tick;
  const modes = new Set<string>();
  let call = 'refresh_rollups';
  for (let rebuilding = true; rebuilding; call = 'rebuild_rollups') {
    const { rows } = await owner.query(`select ${call}($1, 5000) as answer`, [lease]);
    for (const { mode } of rows[0].answer.outcomes) modes.add(mode);
    rebuilding = rows[0].answer.rebuilding;
  }
  await owner.query('select refresh_finish($1)', [lease]);
  return [...modes];
}

const stale = async () =>
  (await owner.query('select bool_or(stale) as some, bool_and(stale) as every from analytics')).rows[0];

test('an import under way leaves the rollups alone; its end asks for one rebuild, once', async () => {
  const importing = () => importFile({ file, url: stack().workers.importUrl, token: stack().operatorToken });
  await pass();
  await owner.query('update analytics set stale = false');
  // The end is refused the first time: every chunk is in, and the import still runs.
  await owner.query(`create function not_yet() returns trigger language plpgsql as
    $$ begin raise exception 'not yet' using errcode = 'AN409'; end $$`);
  await owner.query(
    `create trigger not_yet before update on imports for each row when (new.state in ('finished', 'paused')) execute function not_yet()`,
  );
  await expect(importing()).rejects.toThrow(/not yet/);
  expect(await pass()).toEqual(['deferred']);
  expect(await stale()).toEqual({ some: false, every: false });
  await owner.query('drop trigger not_yet on imports');

  await importing();
  expect(await stale()).toEqual({ some: true, every: true });
  expect(await pass()).toEqual(['full']);
  await owner.query('update analytics set stale = false');
  await importing();
  expect(await stale()).toEqual({ some: false, every: false });
  expect(await pass()).toEqual(['noop']);
});
