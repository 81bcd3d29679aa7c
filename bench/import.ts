import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type pg from 'pg';
import { importFile } from '../src/cli/import-file.ts';
import { migrate } from '../src/cli/migrate.ts';
import { newRolePasswords, type Role, type RolePasswords, setRolePasswords, urlAs } from '../src/cli/roles.ts';
import type { ImportProgress } from '../src/import-client/send-history.ts';
import { type NeonEndpoint, startNeonEndpoint } from '../src/local/neon/endpoint.ts';
import { type RunningPostgres, startPostgres } from '../src/local/postgres.ts';
import { runWorkers } from '../src/local/run-workers.ts';
import { makeThrowAwayFolder } from '../src/local/throw-away-folder.ts';
import { connected } from '../test/connected.ts';
import { throughPort } from '../test/through-port.ts';
import { startTestIssuer, type TestIssuer } from '../test/tokens.ts';
import { type Report, timed } from './harness.ts';
import { spread } from './spread.ts';

const SIZES = [1_000_000];
const LARGE_SIZES = [...SIZES, 5_000_000];
/** workerd runs a Worker on one thread; Cloudflare would run as many isolates as the requests need. */
const IMPORT_WORKERS = 2;
const FIXTURE = new URL('../test/fixtures/xtdb1-history.edn.gz', import.meta.url);

const COLUMNS = 'tx, tx_time, valid_time, entity_id, user_id, import_id, entity_type, doc, hints, occurred_at';
/** Current state in one statement, without the care that a store in use needs. */
const DERIVE = `
insert into entities (
  entity_id, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at, last_tx_time, next_valid_time,
  sensitive, archived, entity_type, label, related, doc, hints
)
select v.entity_id, v.user_id, v.seq, coalesce(x.occurred_at, v.tx_time), x.occurred_until, coalesce(x.created_at, v.tx_time), v.tx_time,
  case when v.doc is null then v.valid_time else x.deleted_at end, v.tx_time, null,
  x.sensitive, x.archived, v.entity_type, x.label, x.related, v.doc, v.hints
from (
  select distinct on (entity_id) * from event_log where valid_time <= now() order by entity_id, valid_time desc, tx_time desc, tx desc
) v
cross join lateral entity_facts(v.entity_type, v.doc) x`;

/** Postgres with real durability, what stands before it, and a folder for files. */
interface Parts {
  readonly folder: string;
  readonly postgres: RunningPostgres;
  readonly neon: NeonEndpoint;
  readonly issuer: TestIssuer;
  readonly passwords: RolePasswords;
  /** A new database with the schema. */
  open(name: string): Promise<pg.Client>;
}

/**
 * Rows a second through the real import Worker (several of it), the local Neon endpoint and Postgres, beside a COPY of the
 * same rows, decoded before, into an equal event_log over one connection and one INSERT … SELECT into an equal entities.
 */
export async function run(report: Report, isLarge: boolean): Promise<void> {
  report.note(
    `${IMPORT_WORKERS} import Workers on a thread each, at most 4 chunks under way; the baseline is one connection.`,
  );
  const folder = await makeThrowAwayFolder();
  // Postgres reads and writes the baseline's rows there, and may be another user.
  await chmod(folder, 0o777);
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), log: () => {} });
  const neon = await startNeonEndpoint({ postgres: { host: postgres.host, port: postgres.port } });
  const issuer = await startTestIssuer();
  const passwords = newRolePasswords();
  const admin = await connected(postgres.superuserUrl());
  const open = async (name: string): Promise<pg.Client> => {
    await admin.query(`create database ${name}`);
    await migrate(postgres.superuserUrl(name));
    await setRolePasswords(postgres.superuserUrl(name), passwords);
    return connected(postgres.superuserUrl(name));
  };
  try {
    let first: number | null = null;
    for (const size of isLarge ? LARGE_SIZES : SIZES) {
      const measured = await measure({ folder, postgres, neon, issuer, passwords, open }, size);
      const { rows, finish_ms, ours, baseline } = measured;
      const label = `${rows.toLocaleString('en')} rows`;
      report.add(`import of ${label}`, 'rows/s', ours, baseline, { ratio_at_least: 1 });
      report.add(`its end, erasure included, of ${label}`, 'ms', finish_ms);
      if (first !== null)
        report.add(`import of ${label} against the first size`, 'rows/s', ours, first, { ratio_at_least: 0.8 });
      first ??= ours;
      for (const name of ['imported', 'copied']) await admin.query(`drop database ${name}_${size} with (force)`);
    }
  } finally {
    await admin.end();
    await issuer.stop();
    await neon.stop();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One size through the Workers, then what came of it through COPY. Rates are rows a second. */
async function measure({ folder, postgres, neon, issuer, passwords, open }: Parts, size: number) {
  const file = join(folder, 'history.edn');
  const rows = await writeHistory(file, size);
  const store = await open(`imported_${size}`);
  const settings = (role: Role) => ({
    ...issuer.workerSettings,
    DATABASE_URL: throughPort(urlAs(postgres.superuserUrl(`imported_${size}`), role, passwords), neon.port),
  });
  const [api, importer] = [settings('annals_app'), settings('annals_import')];
  const workers = await Promise.all(
    Array.from({ length: IMPORT_WORKERS }, () =>
      runWorkers({ apiPort: 0, importPort: 0, log: () => {}, api, import: importer }),
    ),
  );
  const front = await spread(workers.map(({ importUrl }) => importUrl));
  const token = () => issuer.token({ scope: 'operator' });
  let sent_ms = 0;
  const onProgress = ({ phase }: ImportProgress) => {
    if (phase === 'finishing') sent_ms = performance.now();
  };
  const import_ms = await timed(() => importFile({ file, url: front.url, token, onProgress }));
  const finish_ms = performance.now() - sent_ms;
  front.stop();
  await Promise.all(workers.map((worker) => worker.stop()));

  const decoded = join(folder, 'decoded.copy');
  await store.query(`copy (select ${COLUMNS} from event_log order by seq) to '${decoded}'`);
  await store.end();
  const baseline = await open(`copied_${size}`);
  const copy_ms = await timed(async () => {
    await baseline.query(`copy event_log (${COLUMNS}) from '${decoded}'`);
    await baseline.query(DERIVE);
  });
  await baseline.end();
  await rm(decoded, { force: true });
  const rate = (ms: number) => rows / (ms / 1_000);
  return { rows, finish_ms, ours: rate(import_ms), baseline: rate(copy_ms) };
}

/** The real node's history of entities with UUIDs, as often as it takes, each time with other ids. @returns its rows */
async function writeHistory(path: string, least: number): Promise<number> {
  const [header = '', ...lines] = gunzipSync(readFileSync(FIXTURE)).toString('utf8').split('\n').slice(0, -2);
  const kept = lines.filter((line) => line.startsWith('{:eid #uuid'));
  const eids = kept.map((line) => line.slice(0, 60));
  const entities = eids.filter((eid, i) => eid.slice(0, 50) !== eids[i - 1]?.slice(0, 50)).length;
  const file = createWriteStream(path);
  file.write(`${header}\n`);
  let copies = 0;
  for (; copies * kept.length < least; copies++) {
    for (let at = 0; at < kept.length; at += 1_000) {
      const text = kept
        .slice(at, at + 1_000)
        .join('\n')
        .replace(/#uuid "([0-9a-f]{8})/g, (_, start: string) => {
          const id = (Number.parseInt(start, 16) ^ copies) >>> 0;
          return `#uuid "${id.toString(16).padStart(8, '0')}`;
        });
      if (!file.write(`${text}\n`)) await once(file, 'drain');
    }
  }
  const rows = copies * kept.length;
  // Of nobody: but while one is known, the end of the import asks of every entity whether it was meant.
  file.write(`{:evicted "${'0'.repeat(40)}", :tx 1, :tt #inst "2020-01-01T00:00:00.000-00:00"}\n`);
  file.end(`{:annals/end true, :rows ${rows}, :entities ${copies * entities}, :evicted 1}\n`);
  await once(file, 'finish');
  return rows;
}
