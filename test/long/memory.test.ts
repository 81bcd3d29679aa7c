import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const ROWS = 300_000;
const MAX_RSS_MB = 200;
/** As `npm run annals` starts it. */
const [, ...ANNALS] = packageJson.scripts.annals.split(' ');
// Not resourceUsage().maxRSS where /proc tells: Linux counts what the parent held when it forked, the whole of this test's worker.
const SAYS_RSS = `data:text/javascript,const {existsSync,readFileSync}=process.getBuiltinModule('fs');process.on('exit',()=>process._rawDebug('max RSS KB '+(existsSync('/proc/self/status')?/VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status','utf8'))[1]:process.resourceUsage().maxRSS)))`;

const stack = stackFor(SCHEMA_TEMPLATE);
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-memory-'));
  file = join(folder, 'large.edn.gz');
  await pipeline(Readable.from(largeHistory()), createGzip({ level: 1 }), createWriteStream(file));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Some 570 bytes a row. */
function* largeHistory(): Generator<string> {
  yield '{:annals/format 1, :source {:store "xtdb", :version "1.24.5"}}\n';
  for (let tx = 0; tx < ROWS; tx++) {
    const id = `#uuid "${randomUUID()}"`;
    yield `{:eid ${id}, :vt #inst "2024-01-01", :tt #inst "2024-01-01", :tx ${tx}, :doc {:xt/id ${id}, :tech.jgood.gleanmo.schema.meta/type :habit, :tech.jgood.gleanmo.schema.meta/created-at #time/instant "2024-01-01T00:00:00Z", :habit/label "${'a habit '.repeat(30)}", :habit/sensitive false, :habit/archived false}}\n`;
  }
  yield `{:annals/end true, :rows ${ROWS}, :entities ${ROWS}, :evicted 0}\n`;
}

async function maxRssMb(args: readonly string[], input: Readable | null = null): Promise<number> {
  const child = spawn(process.execPath, ['--import', SAYS_RSS, ...ANNALS, ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      ANNALS_IMPORT_URL: stack().workers.importUrl,
      DATABASE_URL: stack().database.url,
      ANNALS_TOKEN: await stack().operatorToken(),
    },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const feeding = input === null ? child.stdin.end() : pipeline(input, child.stdin);
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close'), feeding]);
  expect(code, err).toBe(0);
  const used = Math.round(Number(/max RSS KB (\d+)/.exec(err)?.[1]) / 1_024);
  console.log(`annals ${args.join(' ')}: ${used} MB at most`);
  return used;
}

test(`importing, verifying and exporting stay under ${MAX_RSS_MB} MB of memory for ${ROWS} rows, from gzip and from stdin`, async () => {
  const plain = () => createReadStream(file).pipe(createGunzip());
  expect(await maxRssMb(['import', file, '--dry-run'])).toBeLessThan(MAX_RSS_MB);
  expect(await maxRssMb(['import', '-', '--dry-run'], plain())).toBeLessThan(MAX_RSS_MB);
  expect(await maxRssMb(['import', file])).toBeLessThan(MAX_RSS_MB);
  expect(await maxRssMb(['verify', file])).toBeLessThan(MAX_RSS_MB);
  // A part, which names every entity.
  expect(await maxRssMb(['verify', file, '--part'])).toBeLessThan(MAX_RSS_MB);
  for (const format of ['ndjson', 'xtdb2'])
    expect(await maxRssMb(['export', '--format', format, '--output', join(folder, 'export.gz')])).toBeLessThan(
      MAX_RSS_MB,
    );
});
