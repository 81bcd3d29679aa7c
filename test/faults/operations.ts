import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { expect } from 'vitest';
import { importFile } from '../../src/cli/import-file.ts';
import { HistoryFailure } from '../../src/import-client/history-failure.ts';
import type { CrashableStack } from '../crashable-stack.ts';
import { driftedRollups } from '../drifted-rollups.ts';
import { writeHistory } from '../import/write-history.ts';
import { ask, type Told } from './client.ts';
import { partitioning, projection } from './commands.ts';
import type { Operation } from './operation.ts';

const BATCH = 50;
const ROWS = 40;
/** More than a page has room for: it needs the disk. */
const NOTES_BYTES = 15_000;

/** @param name by which the versions of one attempt are known */
const habit = (name: string) => ({
  label: name,
  sensitive: false,
  archived: false,
  notes: randomBytes(NOTES_BYTES).toString('base64'),
});

interface Count {
  readonly entities: number;
  readonly versions: number;
  readonly current: number;
}

const count = (n: number): Count => ({ entities: n, versions: n, current: n });

/** What the log and current state hold of an attempt. */
async function countOf(stack: CrashableStack, name: string): Promise<Count | undefined> {
  const [row] = await stack.query<Count & pg.QueryResultRow>(
    `select count(distinct entity_id)::integer as entities, count(*)::integer as versions,
       (select count(*)::integer from entities where doc ->> 'label' = $1) as current
     from event_log where doc ->> 'label' = $1`,
    [name],
  );
  return row;
}

/** Who is refused is told when to come back, in the form that all errors have. */
function expectClear({ status, retry_after, text }: Told): void {
  if (status !== 503) return;
  expect(retry_after).toMatch(/^\d+$/);
  expect(JSON.parse(text)).toEqual({
    code: 'AN503',
    message: expect.any(String),
    details: null,
    hint: expect.any(String),
  });
}

/** Puts with a key, so that a second try is harmless. */
const puts = (size: number): Operation => ({
  isStruck: (query) => query.includes('transact('),
  held: 'entities',
  needsRoom: true,
  isPersistent: false,
  repeatsWords: false,
  expectClear,
  async begin(stack, user) {
    const name = randomUUID();
    const ids = Array.from({ length: size }, () => randomUUID());
    const operations = ids.map((id) => ({ op: 'put', id, entity_type: 'habit', doc: habit(name) }));
    const token = await stack.token(user);
    const headers = { 'Idempotency-Key': `"${randomUUID()}"` };
    return {
      ids,
      kill: stack.killWorkerd,
      run: (signal) =>
        ask(stack, { method: 'POST', path: '/v1/transactions', token, headers, body: { operations }, signal }),
      check: async () => expect(await countOf(stack, name)).toEqual(count(size)),
      checkNotHalf: async () => expect([count(0), count(size)]).toContainEqual(await countOf(stack, name)),
    };
  },
});

const bringIn: Operation = {
  isStruck: (query) => query.includes('import_chunk'),
  held: 'entities',
  needsRoom: true,
  isPersistent: true,
  repeatsWords: false,
  expectClear,
  async begin(stack, user) {
    const name = randomUUID();
    const { file, remove } = await writeHistory(
      user,
      Array.from({ length: ROWS }, () => habit(name)),
    );
    return {
      ids: [],
      kill: stack.killWorkerd,
      async run(signal) {
        try {
          const { state } = await importFile({ file, url: stack.importUrl, token: stack.operatorToken, signal });
          return { status: state === 'finished' ? 200 : 'cut', retry_after: null, text: state };
        } catch (error) {
          if (!(error instanceof HistoryFailure && error.kind === 'interrupted')) throw error;
          return { status: 'cut', retry_after: null, text: error.message };
        }
      },
      async check() {
        expect(await countOf(stack, name)).toEqual(count(ROWS));
        await remove();
      },
      checkNotHalf: async () => expect([count(0), count(ROWS)]).toContainEqual(await countOf(stack, name)),
    };
  },
};

const REFRESH = { method: 'POST', path: '/v1/ops/refreshes', body: {} };

const refresh: Operation = {
  isStruck: (query) => query.includes('refresh_rollups'),
  held: 'daily_activity',
  needsRoom: false,
  isPersistent: false,
  repeatsWords: false,
  expectClear,
  async begin(stack, user) {
    const doc = { beginning: '2026-05-01T08:00:00Z', end: '2026-05-01T09:00:00Z' };
    const body = { operations: [{ op: 'put', id: randomUUID(), entity_type: 'exercise_session', doc }] };
    const written = await ask(stack, {
      method: 'POST',
      path: '/v1/transactions',
      token: await stack.token(user),
      body,
    });
    expect(written.status, written.text).toBe(200);
    const token = await stack.operatorToken();
    return {
      ids: [],
      kill: stack.killWorkerd,
      async run(signal) {
        const told = await ask(stack, { ...REFRESH, token, signal });
        // A refresh that was killed keeps its lease until that ends: the time is what passes here.
        if (told.status === 409) await stack.query('update refresh_state set lease_until = clock_timestamp()');
        return told;
      },
      check: async () => expect(await driftedRollups(stack.query, user)).toEqual([]),
      checkNotHalf: async () => {},
    };
  },
};

const EXPORTED = 30;

const bringOut: Operation = {
  isStruck: () => true,
  held: 'event_log',
  needsRoom: false,
  isPersistent: false,
  repeatsWords: false,
  expectClear,
  async begin(stack, user) {
    const token = await stack.token(user);
    const operations = Array.from({ length: EXPORTED }, () => ({ op: 'put', entity_type: 'habit', doc: habit('Run') }));
    const written = await ask(stack, { method: 'POST', path: '/v1/transactions', token, body: { operations } });
    expect(written.status, written.text).toBe(200);
    let lines: string[] = [];
    return {
      ids: [],
      kill: stack.killWorkerd,
      async run(signal) {
        const told = await ask(stack, { method: 'GET', path: '/v1/export?format=edn&history=full', token, signal });
        lines = told.text.trimEnd().split('\n');
        return told;
      },
      async check() {
        expect(lines).toHaveLength(EXPORTED + 2);
        expect(lines.at(-1)).toContain(`:rows ${EXPORTED}`);
      },
      checkNotHalf: async () => {},
    };
  },
};

/** The columns of the matrix. */
export const OPERATIONS = {
  write: puts(1),
  batch: puts(BATCH),
  import: bringIn,
  refresh,
  export: bringOut,
  partitioning: partitioning('log_rewrite_copy'),
  'partitioning, at the swap': partitioning('log_rewrite_swap'),
  projection,
} as const satisfies Readonly<Record<string, Operation>>;
export type OperationName = keyof typeof OPERATIONS;
