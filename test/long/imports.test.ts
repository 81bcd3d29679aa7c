import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImportStatus } from '../../src/importer/import-status.ts';
import type { ArmedFault, FaultKind } from '../../src/local/neon/faults.ts';
import type { RunningWorkers } from '../../src/local/run-workers.ts';
import { type CrashCluster, startCrashCluster } from '../import/crash-cluster.ts';
import { cutHistory, historyOf } from '../import/history-cut.ts';
import { workerdProcesses } from '../import/workerd-process.ts';

/** How many disturbed imports; each is compared with one that nobody disturbed. */
const RUNS = 50;
const MAX_STARTS = 30;
const ENTRY = new URL('../../src/cli/annals.ts', import.meta.url).pathname;

const plain = cutHistory(6_000);
/** With lines that no import can take, so that it shows whether a reject is lost. */
const broken = plain.lines.map((line, i) => (i % 500 === 77 ? `${line}]` : line));
const history = historyOf(broken, plain.rows, plain.entities);

let cluster: CrashCluster;
let file: string;

beforeAll(async () => {
  file = await history.save();
  cluster = await startCrashCluster();
});
afterAll(async () => {
  await cluster?.stop();
  await rm(file, { force: true });
});

/** One import, in a database of its own, with everything that a disturbance may reach for. */
class Run {
  readonly #database: string;
  #workers: RunningWorkers | null = null;
  #workerd: number[] = [];
  readonly commands = new Set<ChildProcess>();

  constructor(database: string) {
    this.#database = database;
  }

  async begin(): Promise<void> {
    await cluster.fresh(this.#database);
    await this.#startWorkers(0);
  }

  async end(): Promise<void> {
    await this.#workers?.stop();
  }

  async #startWorkers(port: number): Promise<void> {
    const before = await workerdProcesses();
    this.#workers = await cluster.startWorkers(this.#database, port);
    this.#workerd = (await workerdProcesses()).filter((pid) => !before.includes(pid));
  }

  /** Starts the command once; it may be killed. @returns its status when it got to the end */
  async command(): Promise<ImportStatus | null> {
    const child = spawn(process.execPath, [ENTRY, 'import', file, '--json'], {
      env: {
        PATH: process.env.PATH ?? '',
        ANNALS_IMPORT_URL: this.#workers?.importUrl ?? '',
        ANNALS_TOKEN: await cluster.token(),
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.commands.add(child);
    const [out] = await Promise.all([text(child.stdout), once(child, 'close')]);
    this.commands.delete(child);
    // 3: done, with rejects.
    return child.exitCode === 3 ? (JSON.parse(out) as ImportStatus) : null;
  }

  async killWorkerd(): Promise<void> {
    const port = Number(new URL(this.#workers?.importUrl ?? '').port);
    for (const pid of this.#workerd) process.kill(pid, 'SIGKILL');
    await this.#workers?.stop();
    await this.#startWorkers(port);
  }

  async killPostgres(): Promise<void> {
    await cluster.killPostgres();
    await cluster.restartPostgres();
  }

  /** Until one of the commands gets to the end; several at once send the same lines, cut otherwise. */
  async untilFinished(): Promise<ImportStatus> {
    for (let start = 1; start <= MAX_STARTS; start++) {
      const status = await this.command();
      if (status !== null) return status;
    }
    throw new Error(`not finished after ${MAX_STARTS} starts`);
  }

  digest(): Promise<string> {
    return cluster.digestOf(this.#database);
  }
}

const isChunk = (query: string) => query.includes('import_chunk');
const pick = (most: number) => Math.floor(Math.random() * most);

/** Waits for a chunk (or any request) to come by, which a fault befalls, and then strikes. */
interface Disturbance {
  arm(): ArmedFault;
  strike(run: Run, fault: ArmedFault): Promise<unknown>;
}

const onChunk = (kind: FaultKind) => () => cluster.neon.faults.arm(kind, { matches: isChunk });
const onAny = (kind: FaultKind) => () => cluster.neon.faults.arm(kind, { times: 1 + pick(3) });
const nothing = async () => {};

const DISTURBANCES: readonly (Disturbance & { readonly name: string })[] = [
  {
    name: 'command killed',
    arm: onChunk('drop_after_commit'),
    async strike(run) {
      for (const child of run.commands) child.kill('SIGKILL');
    },
  },
  {
    name: 'workerd killed',
    arm: onChunk('stall'),
    async strike(run, fault) {
      await run.killWorkerd();
      fault.release();
    },
  },
  {
    name: 'postgres killed',
    arm: onChunk('stall'),
    async strike(run, fault) {
      fault.release();
      await run.killPostgres();
    },
  },
  { name: 'answers lost', arm: onAny('drop_after_commit'), strike: nothing },
  { name: 'requests lost', arm: onAny('drop_before_commit'), strike: nothing },
  {
    name: 'rivals',
    arm: onChunk('drop_before_commit'),
    strike: (run) => Promise.all([run.command(), run.command()]),
  },
];

/** What an import counts, whatever befell it; how its lines were cut into chunks is not of it. */
function counters({
  rows,
  inserted,
  tombstones,
  evictions,
  skipped,
  rejects,
  conflicts,
  nonconforming,
  lines,
  bytes,
  state,
}: ImportStatus) {
  return { rows, inserted, tombstones, evictions, skipped, rejects, conflicts, nonconforming, lines, bytes, state };
}

test(`${RUNS} imports with everything killed at random end like one that nobody disturbed`, async () => {
  const calm = new Run('calm');
  await calm.begin();
  const expected = { counters: counters(await calm.untilFinished()), digest: await calm.digest() };
  await calm.end();
  expect(expected.counters).toMatchObject({
    state: 'finished',
    rejects: broken.filter((l, i) => l !== plain.lines[i]).length,
  });

  for (let n = 0; n < RUNS; n++) {
    const run = new Run(`run_${n}`);
    await run.begin();
    // Each in turn, and one or two at random besides.
    const numbers = [n % DISTURBANCES.length, ...Array.from({ length: 1 + pick(2) }, () => pick(DISTURBANCES.length))];
    const chosen = numbers.flatMap((number) => DISTURBANCES[number] ?? []);
    const finished = Promise.withResolvers<'finished'>();
    let struck = 0;
    const disturbing = (async () => {
      for (const disturbance of chosen) {
        const fault = disturbance.arm();
        const isOver = (await Promise.race([fault.reached, finished.promise])) === 'finished';
        if (isOver) return fault.release();
        await disturbance.strike(run, fault);
        struck++;
      }
    })();
    const status = await run.untilFinished();
    finished.resolve('finished');
    await disturbing;
    cluster.neon.faults.clear();
    const final = { counters: counters(status), digest: await run.digest() };
    await run.end();
    await cluster.drop(`run_${n}`);
    const what = `run ${n}: ${chosen.map(({ name }) => name).join(', ')} (${struck} struck)`;
    expect(final, what).toEqual(expected);
    expect(struck, what).toBeGreaterThan(0);
  }
});
