import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median } from '../../bench/harness.ts';
import { importFile } from '../../src/cli/import-file.ts';
import { type CrashableStack, startCrashableStack } from '../crashable-stack.ts';
import { driftedRollups } from '../drifted-rollups.ts';
import { writeHistory } from '../import/write-history.ts';
import { type LoadCounts, userLoad } from './user-load.ts';

/**
 * `npm run soak -- --minutes 60`: people's reads and edits, crons and imports, all at once on real parts, for a long time.
 * Exits with 1 unless memory, connections and latency stayed flat, nothing was answered that should not be, and at the end
 * current state and rollups are what the log says.
 */

const USERS = 4;
const CLIENTS_EACH = 2;
const SAMPLES = 60;
/** A minute of the cron's, sooner than it comes. */
const TICK_EVERY_MS = 5_000;
const MINUTE_MS = 60_000;
const IMPORT_EVERY_MS = 10_000;
const IMPORTED_ROWS = 200;
/**
 * The last third against the first after warming up, which takes a tenth of the time. Latency has the most room, since what else the
 * machine does shows there; what grows without end shows all the same.
 */
const WARM_UP = 0.1;
const FLAT = { memory_mb: 1.25, connections: 1.25, latency_ms: 3 } as const;

interface Sample {
  /** Of the API Worker's heap, after a collection. */
  readonly memory_mb: number;
  readonly connections: number;
  /** Median of the answers since the last sample. */
  readonly latency_ms: number;
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' } } });
const duration_ms = Number(values.minutes) * MINUTE_MS;
if (!(duration_ms > 0)) throw new Error('How long? Say --minutes 5');

const stack = await startCrashableStack();
const problems: string[] = [];
try {
  const stop = new AbortController();
  const counts: LoadCounts = { latencies_ms: [], answers: 0, unexpected: [] };
  const users = Array.from({ length: USERS }, () => randomUUID());
  const running = Promise.all([
    ...users.flatMap((user) => Array.from({ length: CLIENTS_EACH }, () => userLoad(stack, user, counts, stop.signal))),
    ticking(stack, stop.signal),
    importing(stack, users[0] ?? '', stop.signal),
  ]);
  const samples: Sample[] = [];
  while (samples.length < SAMPLES) {
    // Whoever fails ends the run.
    await Promise.race([wait(duration_ms / SAMPLES), running]);
    samples.push(await sampleOf(stack, counts));
    const [{ memory_mb, connections, latency_ms }] = samples.slice(-1) as [Sample];
    console.log(
      `${((samples.length / SAMPLES) * Number(values.minutes)).toFixed(1)} min: ${counts.answers} answers, ` +
        `${latency_ms.toFixed(1)} ms, heap ${memory_mb.toFixed(1)} MB, ${connections} connections`,
    );
  }
  stop.abort();
  await running;
  problems.push(...counts.unexpected, ...notFlat(samples), ...(await notSound(stack)));
} finally {
  await stack.stop();
}
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'Sound and flat.' : 'NOT sound and flat.');
if (problems.length > 0) process.exitCode = 1;

async function ticking({ tick }: CrashableStack, stop: AbortSignal): Promise<void> {
  for (let minute = Date.now(); !stop.aborted; minute += MINUTE_MS) {
    await tick(new Date(minute));
    await wait(TICK_EVERY_MS);
  }
}

async function importing({ importUrl, operatorToken }: CrashableStack, user: string, stop: AbortSignal): Promise<void> {
  const docs = Array.from({ length: IMPORTED_ROWS }, () => ({ label: 'imported', sensitive: false, archived: false }));
  while (!stop.aborted) {
    const { file, remove } = await writeHistory(user, docs);
    await importFile({ file, url: importUrl, token: operatorToken });
    await remove();
    await wait(IMPORT_EVERY_MS);
  }
}

async function sampleOf(running: CrashableStack, counts: LoadCounts): Promise<Sample> {
  const [row] = await running.query<{ connections: number }>(
    `select count(*)::integer as connections from pg_stat_activity where usename in ('annals_app', 'annals_import')`,
  );
  const latencies_ms = counts.latencies_ms.splice(0);
  return {
    memory_mb: (await running.heapBytes()) / 1e6,
    connections: row?.connections ?? 0,
    latency_ms: median(latencies_ms),
  };
}

function notFlat(samples: readonly Sample[]): string[] {
  const warm = samples.slice(Math.ceil(samples.length * WARM_UP));
  const third = Math.floor(warm.length / 3);
  return (Object.keys(FLAT) as (keyof typeof FLAT)[]).flatMap((name) => {
    const [first, last] = [warm.slice(0, third), warm.slice(-third)].map((part) =>
      median(part.map((one) => one[name])),
    );
    const growth = (last ?? 0) / (first ?? 1);
    console.log(`${name}: ${first?.toFixed(1)} at first, ${last?.toFixed(1)} at last (${growth.toFixed(2)} times)`);
    return growth <= FLAT[name] ? [] : [`${name} grew ${growth.toFixed(2)} times`];
  });
}

/** After a last refresh: what of current state or a rollup is not what the log says. */
async function notSound(running: CrashableStack): Promise<string[]> {
  const refreshed = await fetch(`${running.apiUrl}/v1/ops/refreshes`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${await running.operatorToken()}`, 'Content-Type': 'application/json' },
    body: '{}',
  });
  const [row] = await running.query<{ stale: number; events: number }>(
    'select stale_entities()::integer as stale, (select count(*)::integer from event_log) as events',
  );
  const drifted = await driftedRollups(running.query, null);
  console.log(`${row?.events} events`);
  return [
    ...(refreshed.status === 200
      ? []
      : [`the last refresh was answered ${refreshed.status}: ${await refreshed.text()}`]),
    ...(row?.stale === 0 ? [] : [`${row?.stale} entities are not what the log says`]),
    ...drifted.map((name) => `${name} is not what its definition says`),
  ];
}
