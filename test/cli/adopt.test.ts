import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { callerOf } from '../api/caller.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { settled } from '../settled.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

async function adopt(): Promise<string> {
  const lines: string[] = [];
  const code = await runCli(['adopt'], {
    env: { DATABASE_URL: stack().database.url },
    out: (line) => lines.push(line),
    err: (text) => lines.push(text),
    is_terminal: false,
    signal: new AbortController().signal,
  });
  expect(code, lines.join('\n')).toBe(0);
  return lines.join('\n');
}

test('after a restore from a dump the feed goes on: every event once, also to one who read before the log was adopted', async () => {
  const me = callerOf(stack, randomUUID());
  const owner = new pg.Pool({ connectionString: stack().database.url });
  const put = (label: string, id = randomUUID()) =>
    me.write({ op: 'put', id, entity_type: 'habit', doc: { label, sensitive: false, archived: false } });
  const changes = async (since: string | null) => {
    const page = await me.get(`/v1/changes${since === null ? '' : `?since=${since}`}`);
    expect(page.up_to_date).toBe(true);
    return {
      next: page.next,
      of: page.changes.map((c: { op: string; doc: { label: string } | null }) => c.doc?.label ?? c.op),
    };
  };
  try {
    const evicted = randomUUID();
    await put('evicted', evicted);
    for (const label of ['one', 'two', 'three']) await put(label);
    await me.write({ op: 'evict', id: evicted });
    await put('four');
    await settled(owner);
    expect((await changes(null)).of).toEqual(['one', 'two', 'three', 'evict', 'four']);
    expect(await adopt()).toMatch(/Nothing to do/);

    // Some as a cluster that has counted further numbered them; the others are of this one.
    await owner.query(`
      alter table event_log disable trigger event_log_append_only;
      update event_log set xid = (900000000 + seq)::text::xid8 where doc ->> 'label' in ('two', 'three');
      alter table event_log enable trigger event_log_append_only;
      update evictions set xid = (900000000 + seq)::text::xid8`);
    const before = await changes(null);
    expect(before.of).toEqual(['one', 'four']);

    expect(await adopt()).toMatch(/^2 events go on/);
    await settled(owner);
    expect((await changes(before.next)).of).toEqual(['two', 'three', 'evict']);
    await put('five');
    await settled(owner);
    expect((await changes(null)).of).toEqual(['one', 'four', 'two', 'three', 'evict', 'five']);
    await expect(owner.query('update event_log set tx = tx')).rejects.toMatchObject({ code: 'AN403' });
    expect(await adopt()).toMatch(/Nothing to do/);
  } finally {
    await owner.end();
  }
});

test('only the owner adopts a log', async () => {
  const app = new pg.Client({ connectionString: stack().database.urlAs('annals_app') });
  await app.connect();
  await expect(app.query('select adopt_log()')).rejects.toMatchObject({ code: '42501' });
  await app.end();
});
