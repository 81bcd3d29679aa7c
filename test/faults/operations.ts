import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { expect } from 'vitest';
import { importFile } from '../../src/cli/import-file.ts';
import type { CrashableStack } from '../crashable-stack.ts';
import { writeHistory } from '../import/write-history.ts';
import { ask, type Told } from './client.ts';

/** Something that a fault may interrupt, done by a user of its own. */
export interface Operation {
  /** Whether a statement is the one to strike at. */
  readonly isStruck: (query: string) => boolean;
  /** A table that it needs: held, it waits there. */
  readonly held: string;
  /** Makes ready what it needs and says how to do it, and what must be so once it was done. */
  begin(stack: CrashableStack, user: string): Promise<Attempt>;
}

export interface Attempt {
  /** Of the entities that it writes, where these are known before. */
  readonly ids: readonly string[];
  /** Does it, or does it again. An import does so by itself until it is through. */
  run(signal: AbortSignal): Promise<Told>;
  /** What was acknowledged is there once, and whole. */
  check(): Promise<void>;
  /** Nothing of it, or all of it. */
  checkNotHalf(): Promise<void>;
}

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

/** Puts with a key, so that a second try is harmless. */
const puts = (size: number): Operation => ({
  isStruck: (query) => query.includes('transact('),
  held: 'entities',
  async begin(stack, user) {
    const name = randomUUID();
    const ids = Array.from({ length: size }, () => randomUUID());
    const operations = ids.map((id) => ({ op: 'put', id, entity_type: 'habit', doc: habit(name) }));
    const token = await stack.token(user);
    const headers = { 'Idempotency-Key': `"${randomUUID()}"` };
    return {
      ids,
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
  async begin(stack, user) {
    const name = randomUUID();
    const { file, remove } = await writeHistory(
      user,
      Array.from({ length: ROWS }, () => habit(name)),
    );
    return {
      ids: [],
      async run(signal) {
        const { state } = await importFile({ file, url: stack.importUrl, token: stack.operatorToken, signal });
        return { status: state === 'finished' ? 200 : 'cut', retry_after: null, text: state };
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

/** Whether a rollup says what its definition says. */
async function isFresh(stack: CrashableStack, user: string): Promise<boolean> {
  const [row] = await stack.query<{ same: boolean }>(
    `select not exists (
       (select to_jsonb(d) from daily_activity d where user_id = $1 except all select to_jsonb(d) from daily_activity_definition d where user_id = $1)
       union all
       (select to_jsonb(d) from daily_activity_definition d where user_id = $1 except all select to_jsonb(d) from daily_activity d where user_id = $1)
     ) as same`,
    [user],
  );
  return row?.same ?? false;
}

const refresh: Operation = {
  isStruck: (query) => query.includes('refresh_rollups'),
  held: 'daily_activity',
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
      async run(signal) {
        const told = await ask(stack, { ...REFRESH, token, signal });
        // A refresh that was killed keeps its lease until that ends: the time is what passes here.
        if (told.status === 409) await stack.query('update refresh_state set lease_until = clock_timestamp()');
        return told;
      },
      check: async () => expect(await isFresh(stack, user)).toBe(true),
      checkNotHalf: async () => {},
    };
  },
};

const EXPORTED = 30;

const bringOut: Operation = {
  isStruck: () => true,
  held: 'event_log',
  async begin(stack, user) {
    const token = await stack.token(user);
    const operations = Array.from({ length: EXPORTED }, () => ({ op: 'put', entity_type: 'habit', doc: habit('Run') }));
    const written = await ask(stack, { method: 'POST', path: '/v1/transactions', token, body: { operations } });
    expect(written.status, written.text).toBe(200);
    let lines: string[] = [];
    return {
      ids: [],
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
export const OPERATIONS = { write: puts(1), batch: puts(BATCH), import: bringIn, refresh, export: bringOut } as const;
export type OperationName = keyof typeof OPERATIONS;
