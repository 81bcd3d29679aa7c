import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { ArmedFault } from '../../src/local/neon/faults.ts';
import { connected } from '../connected.ts';
import type { Told } from './client.ts';
import type { Attempt, Operation } from './operation.ts';
import { OPERATOR, type Stage } from './stage.ts';

export interface Struck extends Stage {
  readonly operation: Operation;
  readonly attempt: Attempt;
  readonly user: string;
}

/** A row of the matrix: what befalls an operation that is under way. */
export interface Fault {
  /** What a client may be told meanwhile. */
  readonly told: readonly Told['status'][];
  /** The client itself ends it. */
  readonly isGivenUp?: true;
  /** Runs the operation and strikes. @returns what the client was told, the fault being over */
  strike(struck: Struck, run: (signal?: AbortSignal) => Promise<Told>): Promise<Told>;
}

/** The first request of the operation meets it. */
const onTheWay = (kind: 'drop_before_commit' | 'drop_after_commit' | 'refuse_unreachable'): Fault => ({
  told: [503],
  async strike({ stack, operation }, run) {
    stack.neon.faults.arm(kind, { matches: operation.isStruck });
    return run();
  },
});

/** Lets the operation get as far as a table that is held, inside the database, and strikes there. */
async function insidePostgres(
  { stack, operation }: Struck,
  run: () => Promise<Told>,
  strike: () => Promise<void>,
): Promise<Told> {
  const [holder, watcher] = [await connected(stack.databaseUrl), await connected(stack.databaseUrl)];
  const stalled = stack.neon.faults.arm('stall', { matches: operation.isStruck });
  const told = run();
  await reached(stalled, told);
  await holder.query(`begin; lock table ${operation.held} in access exclusive mode`);
  stalled.release();
  for (let isWaiting = false; !isWaiting; ) {
    const { rowCount } = await watcher.query(`select from pg_stat_activity where wait_event_type = 'Lock'`);
    isWaiting = rowCount !== 0;
  }
  await strike();
  for (const client of [holder, watcher]) await client.end();
  return told;
}

/** Resolves when the operation is there. It fails when that has ended before. */
async function reached(stalled: ArmedFault, told: Promise<Told>): Promise<void> {
  const ended = told.then(({ status, text }) => expect.fail(`It never got there: ${status} ${text}`));
  await Promise.race([stalled.reached, ended]);
}

const DISK_FULL = { sqlstate: '53100', words: 'No space left on device' };
const TOO_MANY_CONNECTIONS = { sqlstate: '53300', words: 'The database cannot be reached' };

/** Hears whether Postgres refuses the operation for the one reason, and no other; a command says it in the words that it has for it. */
function listenFor(
  { stack, operation }: Struck,
  { sqlstate, words }: { readonly sqlstate: string; readonly words: string },
  onRefusal: () => unknown,
) {
  let isHeard = false;
  const end = stack.neon.traffic.listen((event) => {
    if (event.type !== 'answer' || event.sqlstate !== sqlstate) return;
    isHeard = true;
    onRefusal();
  });
  return {
    expectHeard({ text }: Told) {
      if (operation.repeatsWords) expect(text).toContain(words);
      else expect(isHeard, text).toBe(true);
    },
    end,
  };
}

/** The rows of the matrix. */
export const FAULTS = {
  'postgres is killed': {
    told: [503],
    strike: (struck, run) => insidePostgres(struck, run, () => struck.stack.killPostgres()),
  },
  'the process that does it is killed': {
    told: ['cut'],
    async strike({ stack, operation, attempt }, run) {
      const stalled = stack.neon.faults.arm('stall', { matches: operation.isStruck });
      const told = run();
      await reached(stalled, told);
      await attempt.kill();
      stalled.release();
      return told;
    },
  },
  'the request is lost': onTheWay('drop_before_commit'),
  'the answer is lost': onTheWay('drop_after_commit'),
  'it stalls until the client gives up': {
    told: ['cut'],
    isGivenUp: true,
    async strike({ stack, operation }, run) {
      const stalled = stack.neon.faults.arm('stall', { matches: operation.isStruck });
      const patience = new AbortController();
      const told = run(patience.signal);
      await reached(stalled, told);
      patience.abort();
      stalled.release();
      return told;
    },
  },
  'no connection is left': {
    told: [503],
    async strike(struck, run) {
      const { stack, operation } = struck;
      const roles = ['annals_app', 'annals_import', OPERATOR.username];
      for (const role of roles) await stack.query(`alter role ${role} connection limit 0`);
      await stack.query(
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = any ($1) and backend_type = 'client backend'`,
        [roles],
      );
      let given: Promise<void> | null = null;
      const give = async () => {
        for (const role of roles) await stack.query(`alter role ${role} connection limit -1`);
      };
      const giveBack = (): Promise<void> => {
        given ??= give();
        return given;
      };
      // Who goes on asking gets through once there are connections again.
      const refusals = listenFor(struck, TOO_MANY_CONNECTIONS, () => operation.isPersistent && giveBack());
      const told = await run();
      refusals.end();
      await giveBack();
      refusals.expectHeard(told);
      return told;
    },
  },
  'the disk is full': {
    // A refresh may find room in the pages that it has, and an export needs none.
    told: [503, 200],
    async strike(struck, run) {
      const { disk, operation } = struck;
      await disk.fill();
      let emptied: Promise<void> | null = null;
      const empty = (): Promise<void> => {
        emptied ??= disk.empty();
        return emptied;
      };
      // Who goes on asking gets through once there is room again.
      const refusals = listenFor(struck, DISK_FULL, () => operation.isPersistent && empty());
      const told = await run();
      refusals.end();
      await empty();
      if (operation.needsRoom) {
        refusals.expectHeard(told);
        if (!operation.isPersistent) expect(told.status, told.text).toBe(503);
      }
      return told;
    },
  },
  'the clock was stepped back': {
    told: [200],
    async strike({ stack, user, attempt: { ids } }, run) {
      // The last write was made by a clock that was ahead.
      const doc = { label: 'from the future', sensitive: false, archived: false };
      const operations = (ids.length > 0 ? ids : [randomUUID()]).map((id) => ({
        op: 'put',
        entity_id: id,
        entity_type: 'habit',
        doc,
      }));
      await stack.query(`select transact($1::jsonb, clock_timestamp() + interval '3 seconds')`, [
        JSON.stringify({ user_id: ids.length > 0 ? user : randomUUID(), request_hash: '', operations }),
      ]);
      return run();
    },
  },
  'everything starts cold': {
    told: [503],
    async strike({ stack, operation }, run) {
      await stack.killWorkerd();
      await stack.killPostgres();
      // Neon says so while a compute wakes.
      stack.neon.faults.arm('refuse_unreachable', { matches: operation.isStruck });
      return run();
    },
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;
