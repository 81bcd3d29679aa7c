import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Verification } from '../../src/cli/verify-history.ts';
import type { ImportStatus } from '../../src/importer/import-status.ts';
import { emptyStore } from '../import/empty-store.ts';
import { cutHistory } from '../import/history-cut.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { runAnnals } from '../run-annals.ts';
import { type Stack, startStack } from '../stack.ts';

const ENTRY = new URL('../../src/cli/annals.ts', import.meta.url).pathname;
const cut = cutHistory(300);
const longer = cutHistory(301);

let stack: Stack & { stop(): Promise<void> };
let owner: pg.Pool;
let folder: string;
let file: string;
let env: Record<string, string>;

beforeAll(async () => {
  stack = await startStack(SCHEMA_TEMPLATE);
  owner = new pg.Pool({ connectionString: stack.database.url, max: 1 });
  folder = await mkdtemp(join(tmpdir(), 'annals-cli-'));
  file = join(folder, 'history.edn.gz');
  await writeFile(file, gzipSync(cut.text));
  env = {
    PATH: process.env.PATH ?? '',
    DATABASE_URL: stack.database.url,
    ANNALS_IMPORT_URL: stack.workers.importUrl,
    ANNALS_TOKEN: await stack.operatorToken(),
  };
});
afterAll(async () => {
  await owner?.end();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => emptyStore(owner));

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

interface Running {
  readonly child: ChildProcess;
  /** Resolves when standard error has these words. */
  said(words: string): Promise<void>;
  readonly ended: Promise<Outcome>;
}

/** Runs the command as a shell would. */
function start(args: string[], input = ''): Running {
  const child = spawn(process.execPath, [ENTRY, ...args], { env });
  let out = '';
  let err = '';
  child.stdout.on('data', (part) => {
    out += part;
  });
  child.stderr.on('data', (part) => {
    err += part;
  });
  child.stdin.end(input);
  return {
    child,
    async said(words) {
      while (!err.includes(words)) await once(child.stderr, 'data');
    },
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, out, err }));
    }),
  };
}

const annals = (argv: string[], settings: Record<string, string> = {}) => runAnnals(argv, { ...env, ...settings });

describe('annals', () => {
  test('imports, lists, exports and verifies; the same file again changes nothing', async () => {
    const first = await start(['import', file, '--json']).ended;
    expect(first).toMatchObject({ code: 0 });
    const status = JSON.parse(first.out) as ImportStatus;
    expect(status).toMatchObject({
      state: 'finished',
      rows: cut.rows,
      inserted: cut.rows,
      rejects: 0,
      file_name: 'history.edn.gz',
    });
    expect(first.err).toContain('sending');

    const again = await start(['import', '-', '--json'], cut.text).ended;
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toEqual(status);

    const list = await annals(['imports']);
    expect(list.out).toMatch(new RegExp(`${status.import_id} +finished .* 100.0 % +${cut.rows} +0 +history.edn.gz`));
    const one = await annals(['imports', status.import_id]);
    expect(one.out).toMatch(/habit_log +\d+/);
    expect(await annals(['rejects', status.import_id])).toEqual({ code: 0, out: '', err: '' });

    const exported = join(folder, 'exported.edn.gz');
    expect(await annals(['export', '-o', exported])).toMatchObject({ code: 0 });
    const lines = gunzipSync(await readFile(exported))
      .toString('utf8')
      .split('\n');
    expect(lines).toHaveLength(cut.lines.length + 1);
    expect(lines.at(-2)).toBe(`{:annals/end true, :rows ${cut.rows}, :entities ${cut.entities}, :evicted 0}`);

    // What comes out can be verified, and goes in again, as what went in.
    for (const source of [file, exported]) {
      const verified = await annals(['verify', source]);
      expect(verified.out).toMatch(/Equal\.\n$/);
      expect(verified.code).toBe(0);
    }
    const restored = await annals(['import', exported, '--json']);
    expect(JSON.parse(restored.out)).toMatchObject({ state: 'finished', rows: cut.rows, inserted: 0, conflicts: 0 });
  });

  test('verify says where a file and the store differ, and exits with 3', async () => {
    await annals(['import', file]);
    const path = await longer.save();
    const verified = await annals(['verify', path]);
    await rm(path);
    expect(verified.code).toBe(3);
    expect(verified.out).toContain('NOT equal');
    const json = await annals(['verify', file, '--json'], { DATABASE_URL: stack.database.url });
    expect(JSON.parse(json.out)).toMatchObject({ equal: true });
  });

  test('a tampered store is found out', async () => {
    await annals(['import', file]);
    // Replica mode: the log itself refuses.
    await owner.query(
      `begin; set local session_replication_role = replica;
       update event_log set doc = jsonb_set(doc, '{notes}', to_jsonb((doc ->> 'notes') || ' '))
       where entity_id = (select entity_id from event_log where doc ? 'notes' order by entity_id limit 1); commit`,
    );
    const verified = await annals(['verify', file, '--json']);
    expect(verified.code).toBe(3);
    const verification = JSON.parse(verified.out) as Verification;
    expect(verification).toMatchObject({ equal: false, stale_entities: 1 });
    const [tampered] = (
      await owner.query<{ id: string }>(
        `select entity_id as id from event_log where doc ? 'notes' order by entity_id limit 1`,
      )
    ).rows;
    const shown = await annals(['verify', file, '--show', `${tampered?.id},:biff/ensure-unique`]);
    expect(shown.out).toMatch(new RegExp(`${tampered?.id}: (\\d+) versions in the file, \\1 in the store`));
    expect(shown.out).toMatch(/\n {4}file {3}(\{.*)\n {4}store {2}\{.* "/);
    expect(shown.out).toMatch(/1 versions in the file, 1 in the store\n {2}valid .*\n {4}both {3}\{/);
    expect((await annals(['verify', file, '--show', '{'])).code).toBe(2);
    expect(verification.differences.map((d) => [d.same_digest, d.file_rows === d.store_rows])).toContainEqual([
      false,
      true,
    ]);
  });

  test('verify shows the versions of a record that has more than are shown, beside the store’s', async () => {
    const id = 'a58626f1-e158-4bc5-a050-e9dafb06c81c';
    const times = Array.from({ length: 1_100 }, (_, i) => new Date(1_700_000_000_000 + i).toISOString());
    const versions = times.map((time, i) => {
      const at = `#inst "${time.replace('Z', '-00:00')}"`;
      return `{:eid #uuid "${id}", :vt ${at}, :tt ${at}, :tx ${i}, :doc {:xt/id #uuid "${id}", :n ${i}}}`;
    });
    const end = `{:annals/end true, :rows ${times.length}, :entities 1, :evicted 0}`;
    const path = join(folder, 'many-versions.edn');
    await writeFile(path, `{:annals/format 1}\n${versions.join('\n')}\n${end}\n`);
    expect(await annals(['import', path])).toMatchObject({ code: 0 });
    const { shown } = JSON.parse((await annals(['verify', path, '--show', id, '--json'])).out) as Verification;
    expect(shown[0]?.versions).toHaveLength(1_000);
    expect(shown[0]?.versions.filter(({ file, store }) => file !== store)).toEqual([]);
  });

  test('a dry run counts everything and writes nothing', async () => {
    const before = stack.neon.traffic.counts.http_requests;
    const dry = await annals(['import', file, '--dry-run', '--json']);
    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.out)).toMatchObject({ rows: cut.rows, rejects: 0 });
    expect(stack.neon.traffic.counts.http_requests).toBe(before);
    const text = await annals(['import', file, '--dry-run']);
    expect(text.out).toMatch(/Nothing was written/);
  });

  test('rejects are shown while they are found, kept, and listed; the exit code is 3', async () => {
    const lines = [...cut.lines];
    lines[7] = '{:eid 1';
    const path = join(folder, 'broken.edn');
    await writeFile(path, lines.join('\n'));
    const imported = await start(['import', path, '--json']).ended;
    expect(imported.code).toBe(3);
    expect(imported.err).toMatch(/^line 8: /m);
    const { import_id } = JSON.parse(imported.out) as ImportStatus;
    expect((await annals(['rejects', import_id])).out).toMatch(/^8: .*never closed/);
    expect((await annals(['rejects', import_id, '--raw'])).out).toBe('; 8: "{" is never closed\n{:eid 1\n');

    lines[9] = '{:eid 2';
    await writeFile(path, lines.join('\n'));
    const stopped = await annals(['import', path, '--max-rejects', '1']);
    expect(stopped.code).toBe(3);
    expect(stopped.err).toMatch(/More than 1 lines were rejected[\s\S]*annals rejects [0-9a-f-]{36}\n/);
    const dry = await annals(['import', path, '--dry-run', '--max-rejects', '1']);
    expect(dry).toMatchObject({ code: 3, out: '' });
    expect(dry.err).toMatch(/More than 1 lines were rejected. Nothing was written/);
    expect((await annals(['imports'])).out).toMatch(/ paused /);
  });

  test('rejects may stay: verify compares the rest, counts them, and exits with 3', async () => {
    const lines = [...cut.lines];
    lines[7] = '{:eid 1';
    // One that can be read, but not taken.
    lines[9] = cut.lines[9]?.replace(/:tx \d+/, ':tx 1234567890123456789') ?? '';
    const path = join(folder, 'with-rejects.edn');
    await writeFile(path, `${lines.join('\n')}\n`);
    const { import_id } = JSON.parse((await annals(['import', path, '--json'])).out) as ImportStatus;
    const verified = await annals(['verify', path]);
    expect(verified.code).toBe(3);
    expect(verified.out).toMatch(/^2 lines of the file were rejected and not mended: they are not in the store/m);
    expect(verified.out).toMatch(/\nEqual but for 2 rejected lines\.\n$/);
    expect(JSON.parse((await annals(['verify', path, '--json'])).out)).toMatchObject({
      equal: false,
      file: { rejected: 2 },
      differences: [],
    });

    const mended = join(folder, 'one-mended.edn');
    await writeFile(mended, `; 8: corrected\n${cut.lines[7]}\n`);
    expect((await annals(['rejects', import_id, '--retry', mended])).code).toBe(0);
    expect((await annals(['verify', path, '--mended', mended])).out).toMatch(/\nEqual but for 1 rejected lines\.\n$/);
    // Exported anew, the line stands elsewhere.
    const again = join(folder, 'again.edn');
    const [header = '', ...rest] = cut.lines;
    await writeFile(again, `${[header, lines[9], ...rest.filter((line) => line !== cut.lines[9])].join('\n')}\n`);
    expect((await annals(['verify', again])).out).toMatch(/\nEqual but for 1 rejected lines\.\n$/);
    // What differs elsewhere is said as ever.
    await writeFile(again, `${[header, lines[9], ...rest.slice(0, 3), ...rest.slice(4)].join('\n')}\n`);
    expect((await annals(['verify', again])).out).toMatch(/\nNOT equal\.\n$/);
  });

  test('rejects are corrected in a file and applied, each once; then the history verifies with them', async () => {
    const lines = [...cut.lines];
    for (const line of [8, 10]) lines[line - 1] = `${cut.lines[line - 1]}]`;
    const path = join(folder, 'to-mend.edn');
    await writeFile(path, `${lines.join('\n')}\n`);
    const { import_id } = JSON.parse((await annals(['import', path, '--json'])).out) as ImportStatus;
    const raw = (await annals(['rejects', import_id, '--raw'])).out;
    expect(raw.split('\n')).toHaveLength(5);

    const mended = join(folder, 'mended.edn');
    await writeFile(mended, raw.replace(`${cut.lines[7]}]`, cut.lines[7] ?? ''));
    const half = await annals(['rejects', import_id, '--retry', mended]);
    expect(half).toMatchObject({ code: 3, out: '1 lines applied, 0 were in already, 1 refused.\n' });
    expect(half.err).toMatch(/^line 10: line 10 is not mended/);
    await writeFile(mended, raw.replaceAll('}]\n', '}\n'));
    const whole = await annals(['rejects', import_id, '--retry', mended]);
    expect(whole).toMatchObject({ code: 0, out: '1 lines applied, 1 were in already, 0 refused.\n' });

    expect((await annals(['rejects', import_id])).out.match(/\(mended\)$/gm)).toHaveLength(2);
    expect((await annals(['rejects', import_id, '--raw'])).out).toBe('');
    const { out } = await annals(['imports', import_id, '--json']);
    expect(JSON.parse(out)).toMatchObject({ state: 'finished', rejects: 2, mended: 2, rows: cut.rows - 2 });
    expect((await annals(['verify', path])).code).toBe(4);
    expect((await annals(['verify', path, '--mended', mended])).code).toBe(0);
    expect((await annals(['verify', file])).code).toBe(0);

    await writeFile(mended, `; 8: other words\n${cut.lines[8]}\n; 9: not rejected\n${cut.lines[8]}\n`);
    const other = await annals(['rejects', import_id, '--retry', mended]);
    expect(other.code).toBe(3);
    expect(other.err).toMatch(/mended already, with other words[\s\S]*line 9 was not rejected/);
    await writeFile(mended, `${cut.lines[8]}\n`);
    expect((await annals(['rejects', import_id, '--retry', mended])).err).toMatch(/does not say which line/);
  });

  test('a footer that disagrees stops an import, until somebody forces it and says why', async () => {
    const lines = [...cut.lines.slice(0, -1), `{:annals/end true, :rows ${cut.rows + 1}, :entities 1, :evicted 0}`];
    const path = join(folder, 'wrong-footer.edn');
    await writeFile(path, `${lines.join('\n')}\n`);
    expect((await annals(['import', path])).err).toMatch(/footer promises/);
    const [status] = (await annals(['imports', '--json'])).out.split('\n').map((line) => JSON.parse(line || 'null'));
    expect(status).toMatchObject({ state: 'paused', forced_by: null });
    const forced = await annals(['imports', status.import_id, '--force', 'the exporter miscounts', '--json']);
    expect(JSON.parse(forced.out)).toMatchObject({
      state: 'finished',
      rows: cut.rows,
      forced_by: status.created_by,
      forced_reason: 'the exporter miscounts',
    });
  });

  test('a file that was cut short, plain or gzipped, exits with 4 and says so', async () => {
    const plain = join(folder, 'short.edn');
    await writeFile(
      plain,
      cut.lines
        .slice(0, 50)
        .map((line) => `${line}\n`)
        .join(''),
    );
    const short = await annals(['import', plain]);
    expect(short.code).toBe(4);
    expect(short.err).toMatch(/no footer.*cut short[\s\S]*Lines up to 50 are in/);
    const gz = join(folder, 'short.edn.gz');
    await writeFile(gz, gzipSync(cut.text).subarray(0, 10_000));
    for (const command of ['import', 'verify']) {
      const broken = await annals([command, gz]);
      expect({ command, code: broken.code }).toEqual({ command, code: 4 });
      expect(broken.err).toMatch(/gzip is broken or cut short/);
    }
    const empty = join(folder, 'empty.edn');
    await writeFile(empty, '');
    expect(await annals(['import', empty])).toMatchObject({ code: 4, err: 'annals: empty.edn is empty.\n' });
    const page = join(folder, 'page.html');
    await writeFile(page, '<!doctype html>\n');
    expect((await annals(['import', page])).err).toMatch(/line 1 is not the header/);
  });

  test('Ctrl-C pauses the import, exits with 130, and the next run goes on', async () => {
    const path = await longer.save();
    const stall = stack.neon.faults.arm('stall', { times: 8, matches: (query) => query.includes('import_chunk') });
    const running = start(['import', path]);
    await stall.reached;
    running.child.kill('SIGINT');
    await running.said('Stopping');
    stall.release();
    const interrupted = await running.ended;
    expect(interrupted.code).toBe(130);
    expect(interrupted.err).toMatch(/paused/);
    const again = await annals(['import', path, '--json']);
    await rm(path);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ state: 'finished', rows: longer.rows });
  });

  test('paused by another operator, it stops, says so, and goes on when started again', async () => {
    const stall = stack.neon.faults.arm('stall', { matches: (query) => query.includes('import_chunk') });
    const running = start(['import', file]);
    await stall.reached;
    const [status] = (await annals(['imports', '--json'])).out.split('\n').map((line) => JSON.parse(line || 'null'));
    const paused = await annals(['imports', status.import_id.slice(0, 13), '--pause']);
    stall.release();
    expect(paused.code).toBe(0);
    const stopped = await running.ended;
    expect(stopped.err).toMatch(/Somebody else paused import [-\da-f]+ meanwhile\.\nStart it again to go on\./);
    expect(stopped.code).toBe(1);
    expect((await annals(['import', file])).code).toBe(0);
    expect((await annals(['imports', 'nonsense'])).err).toMatch(
      /the id of no import\.\nList them with: annals imports/,
    );
  });

  test.each([
    [[], 0, /annals import FILE/],
    [['import', '--help'], 0, /--dry-run/],
    [['imprt'], 2, /no command imprt/],
    [['import'], 2, /Usage: annals import/],
    [['import', 'a', 'b'], 2, /Usage: annals import/],
    [['import', 'a', '--frob'], 2, /--frob/],
    [['import', 'no-such-file'], 4, /cannot be opened/],
  ])('annals %j exits with %i', async (args, code, words) => {
    const outcome = await annals(args);
    expect(outcome.out + outcome.err).toMatch(words);
    expect(outcome.code).toBe(code);
  });

  test('a setting that is missing or wrong is named, and no secret is said', async () => {
    const secret = 'correct-horse';
    const url = `postgres://annals:${secret}@127.0.0.1:1/annals`;
    const cases: [string[], Record<string, string>, number, RegExp][] = [
      [['verify', file], { DATABASE_URL: '' }, 2, /DATABASE_URL is not set/],
      [['export'], { DATABASE_URL: secret }, 2, /DATABASE_URL is not a connection string/],
      [['export'], { DATABASE_URL: url }, 1, /cannot be reached \(ECONNREFUSED\)/],
      [['import', file], { ANNALS_IMPORT_URL: '' }, 2, /ANNALS_IMPORT_URL is not set/],
      [['import', file], { ANNALS_TOKEN: '' }, 2, /OIDC_ISSUER is not set/],
      [['imports'], { ANNALS_TOKEN: secret }, 1, /AN401/],
      [
        ['imports'],
        {
          ANNALS_TOKEN: '',
          OIDC_ISSUER: stack.issuer.issuer,
          ANNALS_CLIENT_ID: 'annals',
          ANNALS_CLIENT_SECRET: secret,
        },
        1,
        /gives no token/,
      ],
    ];
    for (const [args, settings, code, words] of cases) {
      const outcome = await annals(args, settings);
      expect(outcome.err).toMatch(words);
      expect({ args, code: outcome.code }).toEqual({ args, code });
      expect(outcome.out + outcome.err).not.toContain(secret);
    }
  });
});
