import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeHistoryLine, encodeHistoryRow } from '../../src/domain/codec/history-line.ts';
import type { StoredEvent } from '../../src/domain/codec/stored-event.ts';
import { canonicalEdn, ednEquals } from '../../src/domain/edn/canonical.ts';
import { printEdn } from '../../src/domain/edn/print.ts';
import { EdnMap, type EdnValue, Keyword, Tagged } from '../../src/domain/edn/value.ts';
import { awkwardValues } from './awkward-values.ts';
import { anyDocument, anyEdn } from './edn-arbitrary.ts';
import { edn } from './edn-value.ts';
import { throughJsonb } from './jsonb-like.ts';

const eventOf = (line: string): StoredEvent => {
  const decoded = decodeHistoryLine(line, 1);
  if (decoded.kind !== 'row') throw new Error(`not a row: ${JSON.stringify(decoded)}`);
  return decoded.event;
};

const throughStore = (event: StoredEvent): StoredEvent => ({
  ...event,
  doc: event.doc === null ? null : throughJsonb(event.doc),
  hints: event.hints === null ? null : throughJsonb(event.hints),
});

const times = ':vt #inst "2024-01-01T00:00:00.000-00:00", :tt #inst "2024-01-01T00:00:00.001-00:00", :tx 7';

const roundTrip = (line: string): EdnValue => edn(encodeHistoryRow(throughStore(eventOf(line))));

const rowOf = (eid: EdnValue, doc: EdnValue): string => `{:eid ${printEdn(eid)}, ${times}, :doc ${printEdn(doc)}}`;

describe('a row comes back from the store as it went in', () => {
  const id = '#uuid "a58626f1-e158-4bc5-a050-e9dafb06c81c"';

  test.each(awkwardValues)('%s: as an attribute, in a vector, and as a key', (_, value) => {
    const row = `{:eid ${id}, ${times}, :doc {:xt/id ${id}, :x/y ${value}, :plain [${value}], :keyed {${value} 1}}}`;
    expect(canonicalEdn(roundTrip(row))).toBe(canonicalEdn(edn(row)));
  });

  test.each(awkwardValues)('%s: in a field of every kind', (_, value) => {
    const fields = [
      'cruddy/label',
      'cruddy/num',
      'cruddy/bool',
      'cruddy/integer',
      'cruddy/float',
      'cruddy/enum',
      'cruddy/timestamp',
      'cruddy/single-relation',
      'cruddy/set-relation',
    ];
    const attributes = fields.map((field) => `:${field} ${value}`).join(', ');
    const row = `{:eid ${id}, ${times}, :doc {:xt/id ${id}, :tech.jgood.gleanmo.schema.meta/type :cruddy, ${attributes}}}`;
    expect(canonicalEdn(roundTrip(row))).toBe(canonicalEdn(edn(row)));
    const others = `:book/published ${value}, :book/formats ${value}`;
    const book = `{:eid ${id}, ${times}, :doc {:xt/id ${id}, :tech.jgood.gleanmo.schema.meta/type :book, ${others}}}`;
    expect(canonicalEdn(roundTrip(book))).toBe(canonicalEdn(edn(book)));
  });

  test('any document at all', () => {
    fc.assert(
      fc.property(
        anyDocument,
        fc.oneof(
          fc.uuid().map((uuid) => new Tagged('uuid', uuid)),
          anyEdn,
        ),
        (doc, eid) => {
          fc.pre(eid !== null);
          const row = rowOf(eid, doc);
          return ednEquals(roundTrip(row), edn(row));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('any value as a key in a map as deep as a reader takes', () => {
    const levels = 250;
    const row = `{:eid ${id}, ${times}, :doc {:x/y ${'{1 '.repeat(levels)}nil${'}'.repeat(levels)}}}`;
    expect(ednEquals(roundTrip(row), edn(row))).toBe(true);
  });

  test('a delete keeps an id that is no UUID', () => {
    const row = `{:eid "a string", ${times}, :doc nil}`;
    expect(eventOf(row)).toMatchObject({ doc: null, hints: '{"/id":["id","\\"a string\\""]}' });
    expect(ednEquals(roundTrip(row), edn(row))).toBe(true);
  });

  test('a document whose own id has another form than its entity, or that says none', () => {
    const other = `{:eid :a58626f1-e158-4bc5-a050-e9dafb06c81c, ${times}, :doc {:xt/id ${id}}}`;
    const none = `{:eid ${id}, ${times}, :doc {:x/y 1}}`;
    for (const row of [other, none]) {
      expect(eventOf(row).entity_id).toBe('a58626f1-e158-4bc5-a050-e9dafb06c81c');
      expect(ednEquals(roundTrip(row), edn(row))).toBe(true);
    }
  });

  test('older attributes win no field from newer ones, whatever their order', () => {
    const attributes = [
      ':exercise-set/beginning #time/instant "2024-01-01T00:00:00Z"',
      ':exercise-set.interval/beginning #time/instant "2024-01-02T00:00:00Z"',
      ':tech.jgood.gleanmo.schema.meta/type :exercise-set',
    ];
    const docs = [attributes, attributes.toReversed()].map((order) => {
      const row = `{:eid ${id}, ${times}, :doc {:xt/id ${id}, ${order.join(' ')}}}`;
      expect(ednEquals(roundTrip(row), edn(row))).toBe(true);
      return throughStore(eventOf(row)).doc;
    });
    expect(docs[0]).toBe(docs[1]);
    expect(JSON.parse(docs[0] ?? '')).toMatchObject({ beginning: '2024-01-02T00:00:00Z' });
  });

  test('equal sets and maps become equal text', () => {
    const items = ['3', ':a', '"b"', `#uuid "${'0'.repeat(8)}-0000-0000-0000-000000000000"`, '[1]'];
    const texts = [items, items.toReversed()].map((order) => {
      const pairs = order.map((item) => `${item} ${item}`).join(' ');
      return throughStore(
        eventOf(`{:eid ${id}, ${times}, :doc {:xt/id ${id}, :s #{${order.join(' ')}}, :m {${pairs}}}}`),
      ).doc;
    });
    expect(texts[0]).toBe(texts[1]);
  });
});

describe('what a row becomes', () => {
  test('plain JSON by the names of its schema, without hints', () => {
    const row = `{:eid #uuid "8778c8d3-fbba-440e-b5a4-4bb441fae591", ${times}, :doc {
      :tech.jgood.gleanmo.schema.meta/type :habit-log,
      :tech.jgood.gleanmo.schema.meta/created-at #xtdb/instant "2024-01-01T00:00:00.5Z",
      :user/id #uuid "A58626F1-e158-4bc5-a050-e9dafb06c81c",
      :habit-log/timestamp #time/instant "2024-01-01T00:00:00.123456789Z",
      :habit-log/time-zone "Europe/Berlin",
      :habit-log/habit-ids #{#uuid "b58626f1-e158-4bc5-a050-e9dafb06c81c" #uuid "158626f1-e158-4bc5-a050-e9dafb06c81c"},
      :xt/id #uuid "8778c8d3-fbba-440e-b5a4-4bb441fae591"}}`.replaceAll('\n', ' ');
    const decoded = decodeHistoryLine(row, 1);
    expect(decoded).toMatchObject({ kind: 'row', nonconforming: [], unknown_attributes: [] });
    const event = eventOf(row);
    expect(JSON.parse(event.doc ?? '')).toEqual({
      created_at: '2024-01-01T00:00:00.500Z',
      timestamp: '2024-01-01T00:00:00.123456789Z',
      time_zone: 'Europe/Berlin',
      habit_ids: ['158626f1-e158-4bc5-a050-e9dafb06c81c', 'b58626f1-e158-4bc5-a050-e9dafb06c81c'],
    });
    expect(event).toMatchObject({
      entity_id: '8778c8d3-fbba-440e-b5a4-4bb441fae591',
      entity_type: 'habit_log',
      user_id: 'a58626f1-e158-4bc5-a050-e9dafb06c81c',
      valid_time: '2024-01-01T00:00:00.000Z',
      tx_time: '2024-01-01T00:00:00.001Z',
      tx: '7',
      hints: null,
    });
  });

  test('what no schema knows keeps its XTDB name, and its type is raw', () => {
    const row = `{:eid 42, ${times}, :doc {:xt/id 42, :tech.jgood.gleanmo.schema.meta/type :gadget/v2, :plain 1, :a/b :c}}`;
    expect(decodeHistoryLine(row, 1)).toMatchObject({ nonconforming: [], unknown_attributes: ['plain', 'a/b'] });
    const event = eventOf(row);
    expect(event).toMatchObject({ entity_type: 'gadget/v2', user_id: null });
    expect(JSON.parse(event.doc ?? '')).toEqual({ ':plain': 1, 'a/b': 'c' });
    expect(JSON.parse(event.hints ?? '')).toEqual({ '/id': ['id', '42'], '/a~1b': 'keyword' });
  });

  test('a type that only looks like one of ours is kept apart', () => {
    const row = `{:eid 42, ${times}, :doc {:xt/id 42, :tech.jgood.gleanmo.schema.meta/type :habit_log}}`;
    expect(eventOf(row).entity_type).toBe(':habit_log');
    expect(ednEquals(roundTrip(row), edn(row))).toBe(true);
  });

  test('a user is its own user', () => {
    const id = '#uuid "a58626f1-e158-4bc5-a050-e9dafb06c81c"';
    for (const said of ['', `:user/id ${id}`]) {
      const row = `{:eid ${id}, ${times}, :doc {:xt/id ${id}, :tech.jgood.gleanmo.schema.meta/type :user ${said}}}`;
      expect(eventOf(row).user_id).toBe('a58626f1-e158-4bc5-a050-e9dafb06c81c');
      expect(ednEquals(roundTrip(row), edn(row))).toBe(true);
    }
  });

  test('a document that the schema refuses is taken, and each field named', () => {
    const row = `{:eid #uuid "8778c8d3-fbba-440e-b5a4-4bb441fae591", ${times}, :doc {
      :xt/id #uuid "8778c8d3-fbba-440e-b5a4-4bb441fae591",
      :tech.jgood.gleanmo.schema/type :task, :task/label nil, :task/state :someday, :task/due-on "2024"}}`.replaceAll(
      '\n',
      ' ',
    );
    const decoded = decodeHistoryLine(row, 1);
    if (decoded.kind !== 'row') throw new Error('not a row');
    expect(decoded.event.entity_type).toBe('task');
    expect(new Map(decoded.nonconforming.map(({ field, reason }) => [field, reason]))).toEqual(
      new Map([
        ['label', 'is nil'],
        ['state', ':someday is none of its keywords'],
        ['due_on', 'is not a date'],
        ['created_at', 'is missing'],
        ['user_id', 'is missing'],
        ['entity_type', 'is only in the older attribute'],
      ]),
    );
  });
});

test('many keys with one stand-in are told apart, at the top and below', () => {
  const keys = Array.from({ length: 4_096 }, (_, n) =>
    n.toString(2).padStart(12, '0').replaceAll('0', '\0').replaceAll('1', '␀'),
  );
  const top = keys.map((key) => `:k${key} 1`).join(' ');
  const below = keys.map((key) => `"${key}" 1`).join(' ');
  const row = `{:eid 1, ${times}, :doc {${top} :x/y {${below}}}}`;
  expect(ednEquals(roundTrip(row), edn(row))).toBe(true);
});

test('a small document whose hints would be endless is rejected', () => {
  const leaves = ':a '.repeat(100_000);
  const line = `{:eid 1, ${times}, :doc {:x/y {:${'k'.repeat(100_000)} [${leaves}]}}}`;
  expect(decodeHistoryLine(line, 3)).toEqual({
    kind: 'reject',
    line: 3,
    offset: 0,
    reason: 'the document has more unusual values than hints may tell',
  });
});

describe('lines that are no rows', () => {
  const reject = (line: string) => {
    const decoded = decodeHistoryLine(line, 9);
    if (decoded.kind !== 'reject') throw new Error(`taken: ${line}`);
    expect(decoded.line).toBe(9);
    return decoded.reason;
  };

  test('are rejected with a reason', () => {
    expect(reject('{:eid 1')).toBe('"{" is never closed');
    expect(reject('')).toBe('the text ends where a form should be');
    expect(reject('[1]')).toBe('a line of a history is a map with keywords for keys');
    expect(reject('{:x 1}')).toBe('a line has an :eid, :evicted, :annals/format or :annals/end');
    expect(reject(`{:eid nil, ${times}, :doc nil}`)).toBe('a row needs an :eid');
    expect(reject(`{:eid 1, ${times}}`)).toBe('a row needs a :doc, nil for a delete');
    expect(reject(`{:eid 1, ${times}, :doc 5}`)).toBe('a :doc is a map or nil');
    expect(reject(`{:eid 1, ${times}, :doc {"a" 1}}`)).toBe('a document needs keywords for keys');
    expect(reject(`{:eid 1, ${times}, :doc nil, :more 1}`)).toBe(':more does not belong here');
    expect(reject(`{:eid 1, ${times.replace(':tx 7', ':tx 9223372036854775807')}, :doc nil}`)).toBe(
      'a row needs a transaction id of at most 18 digits as :tx',
    );
    const noTime = 'a row needs an #inst of the years 0000 to 9999 as :vt and as :tt';
    expect(reject('{:eid 1, :vt 5, :tt 5, :tx 1, :doc nil}')).toBe(noTime);
    expect(reject('{:eid 1, :vt #inst "292278994-08-17", :tt #inst "2024", :tx 1, :doc nil}')).toBe(noTime);
    expect(reject('{:eid 1, :vt #inst "-0001-01-01", :tt #inst "2024", :tx 1, :doc nil}')).toBe(noTime);
    expect(reject('{:annals/format 2}')).toBe('this reads :annals/format 1; the file is of another');
    expect(reject('{:evicted "xyz", :tx 1, :tt #inst "2024-01-01T00:00:00.000-00:00"}')).toBe(
      'an :evicted needs the SHA-1 of an id, in hex',
    );
  });
});

test('keywords and text are told apart from what looks like them', () => {
  expect(ednEquals(new Keyword('a'), ':a')).toBe(false);
  expect(ednEquals(new EdnMap([':a'], [true]), new EdnMap([new Keyword('a')], [true]))).toBe(false);
});
