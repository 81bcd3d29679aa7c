import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type pg from 'pg';

/** Random lives of a few records, written by transact at set times, and what was asked of them. */

const MINUTE_MS = 60_000;
const START_MS = Date.parse('2020-01-01T00:00:00Z');
const LABELS = ['a', 'b', 'c', 'ab', 'B'];
const HABITS = 2;
const RECORDS = 7;
/** Minutes that things happen at: each transaction is one after the one before. */
const MAX_MINUTE = 40;

export const at = (minute: number): string => new Date(START_MS + minute * MINUTE_MS).toISOString();

export interface Event {
  readonly entity_id: string;
  readonly entity_type: string;
  readonly valid_time: number;
  readonly tx_time: number;
  readonly tx: number;
  readonly doc: Doc | null;
}
export type Doc = Readonly<Record<string, unknown>>;

const flags = fc.record(
  { sensitive: fc.boolean(), archived: fc.boolean(), deleted_at: fc.constant(at(1)) },
  { requiredKeys: [] },
);
/** Most records have no flag, or all would be hidden. */
const someFlags = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: flags });

const habitDoc = fc
  .tuple(fc.record({ label: fc.constantFrom(...LABELS) }), someFlags)
  .map(([doc, more]): Doc => ({ ...doc, ...more }));
const recordDoc = fc
  .tuple(
    fc.record({
      label: fc.constantFrom(...LABELS),
      timestamp: fc.integer({ min: 0, max: 5 }).map(at),
      num: fc.constantFrom(0, 1, 1.5, -2, 10),
      bool: fc.boolean(),
      integer: fc.integer({ min: 0, max: 3 }),
      enum: fc.constantFrom('a', 'b', 'c'),
      single: fc.integer({ min: 0, max: HABITS - 1 }),
      set: fc.subarray(Array.from({ length: HABITS }, (_, n) => n)),
    }),
    fc.record(
      {
        float: fc.constantFrom(0.5, 1, 2),
        other_text: fc.constantFrom(...LABELS),
        other_timestamp: fc.integer({ min: 0, max: 5 }).map(at),
      },
      { requiredKeys: [] },
    ),
    someFlags,
  )
  .map(([{ single, set, ...doc }, optional, more]) => ({
    doc: { ...doc, ...optional, ...more, time_zone: 'UTC' },
    single,
    set,
  }));

const someTime = fc.record(
  { from: fc.integer({ min: 0, max: MAX_MINUTE }), until: fc.integer({ min: 0, max: MAX_MINUTE }) },
  { requiredKeys: [] },
);
type Validity = typeof someTime extends fc.Arbitrary<infer T> ? T : never;
/** Mostly from now on, or little would be left at the end. */
const validity: fc.Arbitrary<Validity> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: someTime },
);
const operation = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('habit' as const),
      index: fc.integer({ min: 0, max: HABITS - 1 }),
      doc: habitDoc,
      validity,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('cruddy' as const),
      index: fc.integer({ min: 0, max: RECORDS - 1 }),
      doc: recordDoc,
      validity,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      index: fc.integer({ min: 0, max: RECORDS - 1 }),
      validity,
    }),
  },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

export const history = fc.array(fc.array(operation, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 });

export interface Life {
  readonly user: string;
  readonly habits: readonly string[];
  readonly events: readonly Event[];
}

/** Writes a history for a new user. @param owner the schema's owner, who may set the clock */
export async function live(owner: pg.Client, transactions: readonly (readonly Operation[])[]): Promise<Life> {
  const user = randomUUID();
  const habits = Array.from({ length: HABITS }, () => randomUUID());
  const records = Array.from({ length: RECORDS }, () => randomUUID());
  const place = randomUUID();
  const seed = { op: 'put', entity_id: place, entity_type: 'location', doc: { label: 'place' } };
  for (const [minute, operations] of [
    [seed],
    ...transactions.map((t) => t.map((o) => stored(o, habits, records, place))),
  ].entries()) {
    const request = { user_id: user, request_hash: '', operations };
    await owner.query('select transact($1::jsonb, $2::timestamptz)', [JSON.stringify(request), at(minute * 2 + 1)]);
  }
  const { rows } = await owner.query(
    `select entity_id, entity_type, extract(epoch from valid_time) * 1000 as valid_time, extract(epoch from tx_time) * 1000 as tx_time, tx, doc
    from event_log where user_id = $1`,
    [user],
  );
  const events = rows.map((row) => ({
    ...row,
    valid_time: Number(row.valid_time),
    tx_time: Number(row.tx_time),
    tx: Number(row.tx),
  }));
  return { user, habits, events };
}

function stored(operation: Operation, habits: readonly string[], records: readonly string[], place: string): object {
  const { from, until } = operation.validity;
  const valid = {
    ...(from === undefined ? {} : { valid_from: at(from) }),
    ...(until === undefined || from === undefined ? {} : { valid_to: at(until) }),
  };
  if (operation.kind === 'habit')
    return { op: 'put', entity_id: habits[operation.index], entity_type: 'habit', doc: operation.doc, ...valid };
  const entity_id = records[operation.index];
  // A delete at a time of its own may come before any put.
  if (operation.kind === 'delete')
    return { op: 'delete', entity_id, entity_type: 'cruddy', valid_from: at(from ?? 0), ...valid };
  const { doc, single, set } = operation.doc;
  const relations = {
    single_relation: habits[single],
    another_single_relation: place,
    set_relation: set.map((n) => habits[n]).sort(),
  };
  return { op: 'put', entity_id, entity_type: 'cruddy', doc: { ...doc, ...relations }, ...valid };
}
