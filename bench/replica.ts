import { randomUUID } from 'node:crypto';
import { migrate } from '../src/cli/migrate.ts';
import { newRolePasswords, setRolePasswords, urlAs } from '../src/cli/roles.ts';
import { type NeonEndpoint, startNeonEndpoint } from '../src/local/neon/endpoint.ts';
import { runWorkers } from '../src/local/run-workers.ts';
import { startThrowAwayPostgres } from '../src/local/throw-away-postgres.ts';
import { connected } from '../test/connected.ts';
import { startStandby } from '../test/scale/standby.ts';
import { throughPort } from '../test/through-port.ts';
import { startTestIssuer } from '../test/tokens.ts';
import { fillDatabase, userId } from './analytics-data.ts';
import { alternate, quantile, type Report, timed } from './harness.ts';
import { HttpClient, load, mustAnswer } from './http-client.ts';

const EVENTS = 100_000;
const DAYS = 1_000;
const ROUNDS = 40;
const OWN_READS = 200;
const READERS = 4;
const LOADED_ROUNDS = 3;
const LOADED_MS = 4_000;
const USER = userId(0);
const YEAR = new Date().getUTCFullYear();
const DASHBOARD = `/v1/dashboard?from=${YEAR}-01-01&to=${YEAR}-12-31`;
const READS = {
  overview: '/v1/overview',
  list: '/rest/v1/habit_log?order=timestamp.desc&limit=50',
  heatmap: `/v1/heatmap?entity_type=project_log&year=${YEAR}`,
  dashboard: DASHBOARD,
};
const DOC = JSON.stringify({ label: 'Sow', sensitive: false, archived: false });

/** `npm run bench -- replica`: what a read replica does for the primary, beside the same Worker without one. For docs/playbook.md. */
export async function run(report: Report): Promise<void> {
  const primary = await startThrowAwayPostgres();
  const passwords = newRolePasswords();
  const stops: (() => Promise<unknown>)[] = [() => primary.stop()];
  try {
    await migrate(primary.superuserUrl());
    await setRolePasswords(primary.superuserUrl(), passwords);
    const owner = await connected(primary.superuserUrl());
    await fillDatabase(owner, { events: EVENTS, users: 1, days: DAYS });
    await owner.end();
    const standby = await startStandby(primary);
    stops.unshift(() => standby.stop());
    const [toPrimary, toStandby, issuer] = await Promise.all([
      startNeonEndpoint({ postgres: primary }),
      startNeonEndpoint({ postgres: standby }),
      startTestIssuer(),
    ]);
    stops.unshift(() => Promise.all([toPrimary.stop(), toStandby.stop(), issuer.stop()]));
    const through = (endpoint: NeonEndpoint) =>
      throughPort(urlAs(primary.superuserUrl(), 'annals_app', passwords), endpoint.port);
    const [withReplica, alone] = await Promise.all(
      [{ DATABASE_READ_URL: through(toStandby) }, {}].map(async (reads) => {
        const settings = { ...issuer.workerSettings, DATABASE_URL: through(toPrimary) };
        const workers = await runWorkers({
          apiPort: 0,
          importPort: 0,
          serveWeb: false,
          log: () => {},
          api: { ...settings, ...reads },
          import: settings,
        });
        stops.unshift(() => workers.stop());
        return workers.apiUrl;
      }),
    );
    if (withReplica === undefined || alone === undefined) throw new Error('There are two Workers.');
    const operator = new HttpClient(alone, {
      Authorization: `Bearer ${await issuer.token({ scope: 'operator' })}`,
    });
    const refresh = () => mustAnswer(operator, { method: 'POST', path: '/v1/ops/refreshes', body: '{}' });
    stops.unshift(async () => operator.close());
    await refresh();
    const headers = { Authorization: `Bearer ${await issuer.token({ sub: USER })}` };
    const requestsToPrimary = async (work: () => Promise<unknown>): Promise<number> => {
      toPrimary.traffic.reset();
      await work();
      return toPrimary.traffic.counts.http_requests;
    };
    await measureReads(report, withReplica, alone, headers, requestsToPrimary);
    await measureOwnReads(report, withReplica, alone, headers, requestsToPrimary);
    await measureWritesBesideReads(report, withReplica, alone, headers, refresh);
  } finally {
    for (const stop of stops) await stop();
  }
}

type Headers = Readonly<Record<string, string>>;
type Counting = (work: () => Promise<unknown>) => Promise<number>;

async function measureReads(report: Report, withReplica: string, alone: string, headers: Headers, counted: Counting) {
  const [there, here] = [withReplica, alone].map((origin) => new HttpClient(origin, headers));
  for (const [name, path] of Object.entries(READS)) {
    const read = (client: HttpClient | undefined) => async () => client?.send({ method: 'GET', path });
    await alternate(3, [read(there), read(here)]);
    const [replica = [], primary = []] = await alternate(ROUNDS, [read(there), read(here)]);
    report.add(`${name}, from the replica`, 'ms', replica, primary);
    const asked = await counted(() => alternate(ROUNDS, [read(there)]));
    report.add(`${name}: of a hundred, asked of the primary`, 'requests', (asked * 100) / ROUNDS, 100);
  }
  for (const client of [there, here]) client?.close();
}

/** At once after its write, with the position that the write told. */
async function measureOwnReads(
  report: Report,
  withReplica: string,
  alone: string,
  headers: Headers,
  counted: Counting,
) {
  const readsOwn = (origin: string) => async () => {
    const id = randomUUID();
    const put = { method: 'PUT', headers: { ...headers, 'Content-Type': 'application/json' }, body: DOC };
    const written = await fetch(`${origin}/v1/entities/habit/${id}`, put);
    const position = written.headers.get('position') ?? '';
    await written.text();
    return timed(async () => {
      const read = await fetch(`${origin}/v1/entities/${id}`, { headers: { ...headers, Position: position } });
      if (read.status !== 200) throw new Error(`Its own write was answered ${read.status}: ${await read.text()}`);
      await read.text();
    });
  };
  const sides = [withReplica, alone].map((origin) => ({ readOwn: readsOwn(origin), times_ms: [] as number[] }));
  for (let n = 0; n < OWN_READS; n++) for (const { readOwn, times_ms } of sides) times_ms.push(await readOwn());
  report.add('a record read at once after its own write', 'ms', sides[0]?.times_ms ?? [], sides[1]?.times_ms ?? []);
  const asked = await counted(async () => {
    for (let n = 0; n < OWN_READS; n++) await sides[0]?.readOwn();
  });
  report.add('of a hundred such reads, those that fell back', 'requests', ((asked - OWN_READS) * 100) / OWN_READS);
}

async function measureWritesBesideReads(
  report: Report,
  withReplica: string,
  alone: string,
  headers: Headers,
  refresh: () => Promise<unknown>,
) {
  const sides = [withReplica, alone].map((origin) => ({ origin, puts_ms: [] as number[], reads: [] as number[] }));
  for (let round = 0; round < LOADED_ROUNDS; round++) {
    for (const { origin, puts_ms, reads } of sides) {
      // As the cron does each minute: what is behind the log is computed at every read.
      await refresh();
      const writer = new HttpClient(origin, headers);
      const readers = Array.from({ length: READERS }, () => new HttpClient(origin, headers));
      const [written, read] = await Promise.all([
        load([writer], LOADED_MS, () => ({ method: 'PUT', path: `/v1/entities/habit/${randomUUID()}`, body: DOC })),
        load(readers, LOADED_MS, () => ({ method: 'GET', path: DASHBOARD })),
      ]);
      for (const client of [writer, ...readers]) client.close();
      if (written.errors + read.errors > 0) throw new Error(`${written.errors + read.errors} answers were errors.`);
      puts_ms.push(...written.latencies_ms);
      reads.push(read.latencies_ms.length / read.seconds);
    }
  }
  const [ours, theirs] = sides;
  const who = `beside ${READERS} who read dashboards`;
  report.add(`a put ${who}`, 'ms', ours?.puts_ms ?? [], theirs?.puts_ms ?? []);
  report.add(`a put ${who}: p99`, 'ms', quantile(ours?.puts_ms ?? [], 0.99), quantile(theirs?.puts_ms ?? [], 0.99));
  report.add(`${READERS} who read dashboards, beside puts`, 'requests/s', ours?.reads ?? [], theirs?.reads ?? []);
}
