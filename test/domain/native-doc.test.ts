import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { docForJson } from '../../src/domain/codec/doc-for-json.ts';
import { decodeHistoryLine, encodeHistoryRow } from '../../src/domain/codec/history-line.ts';
import { decodeJsonHistoryLine, encodeJsonHistoryRow } from '../../src/domain/codec/json-history-line.ts';
import { encodeDoc, encodePatch } from '../../src/domain/codec/native-doc.ts';
import type { EntityType } from '../../src/domain/define-entity-type.ts';
import { entityTypes } from '../../src/domain/entity-types.generated.ts';
import type { FieldKind } from '../../src/domain/fields.ts';
import { isJsonObject, type JsonObject } from '../../src/domain/json/json-value.ts';
import { parseJson } from '../../src/domain/json/parse-json.ts';
import { canonicalInstant } from '../../src/domain/time/instant.ts';
import { anyText } from './edn-arbitrary.ts';
import { throughJsonb } from './jsonb-like.ts';

const object = (text: string): JsonObject => {
  const json = parseJson(text);
  if (!isJsonObject(json)) throw new Error('not an object');
  return json;
};

const encoded = (type: EntityType, text: string) => {
  const result = encodeDoc(type, object(text));
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result;
};

const id = 'a58626f1-e158-4bc5-a050-e9dafb06c81c';
const stored = (type: EntityType, { doc, hints }: { doc: string; hints: string | null }) => ({
  entity_id: id,
  entity_type: type.name,
  user_id: 'b58626f1-e158-4bc5-a050-e9dafb06c81c',
  valid_time: '2024-01-01T00:00:00.000Z',
  tx_time: '2024-01-01T00:00:00.000Z',
  tx: '1',
  doc: throughJsonb(doc),
  hints: hints === null ? null : throughJsonb(hints),
});

const instant = fc
  .tuple(
    fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true }),
    fc.constantFrom('Z', '+05:30', '-0800'),
  )
  .map(([date, zone]) => date.toISOString().replace('Z', zone));
const keywordName = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);

const VALUES: Readonly<Record<FieldKind, (values: readonly string[]) => fc.Arbitrary<unknown>>> = {
  text: () => anyText,
  keyword: (values) => fc.constantFrom(...values),
  keywords: (values) => fc.array(values.length === 0 ? keywordName : fc.constantFrom(...values), { maxLength: 4 }),
  instant: () => instant,
  inst: () => instant,
  local_date: () =>
    fc
      .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10)),
  long: () => fc.maxSafeInteger(),
  double: () => fc.double({ noNaN: true, noDefaultInfinity: true }),
  number: () => fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
  bool: () => fc.boolean(),
  bool_or_keyword: (values) => fc.oneof(fc.boolean(), fc.constantFrom(...values)),
  ref: () => fc.uuid(),
  refs: () => fc.array(fc.uuid(), { maxLength: 4 }),
  json: () => fc.dictionary(anyText, fc.jsonValue(), { maxKeys: 4 }),
};

const anyDoc = (type: EntityType) => {
  const entries = Object.entries(type.fields).map(([name, { facts }]) => {
    const value = VALUES[facts.kind](facts.values ?? []);
    return [name, facts.isOptional === true ? fc.option(value, { nil: undefined }) : value] as const;
  });
  return fc.tuple(
    fc.record(Object.fromEntries(entries)),
    fc.dictionary(keywordName, fc.jsonValue({ stringUnit: 'binary' }), { maxKeys: 2 }),
  );
};

/** The same document with sets and instants in the form that they are stored in. */
const canonical = (type: EntityType, doc: Record<string, unknown>): unknown =>
  Object.fromEntries(
    Object.entries(doc).map(([name, value]) => {
      const kind = type.fields[name]?.facts.kind;
      if (Array.isArray(value) && (kind === 'keywords' || kind === 'refs')) return [name, [...new Set(value)].sort()];
      return [name, kind === 'instant' && typeof value === 'string' ? canonicalInstant(value) : value];
    }),
  );

describe.each(Object.values<EntityType>(entityTypes).map((type) => [type.name, type] as const))('any %s', (_, type) => {
  test('is stored, read, exported and imported without a change', () => {
    fc.assert(
      fc.property(anyDoc(type), ([fields, others]) => {
        const doc = {
          ...fields,
          ...Object.fromEntries(Object.entries(others).map(([name, value]) => [`other/${name}`, value])),
        };
        const text = JSON.stringify(doc);
        const event = stored(type, encoded(type, text));
        const read: unknown = JSON.parse(docForJson(event.doc, event.hints));
        const wanted: unknown = JSON.parse(JSON.stringify(canonical(type, JSON.parse(text))));
        expect(read).toEqual(withoutMinusZero(wanted));
        const [docText, hintsText] = [event.doc, event.hints].map((json) => json && throughJsonb(json));
        const kept = { ...event, doc: docText ?? '', hints: hintsText ?? null };
        expect(decodeJsonHistoryLine(encodeJsonHistoryRow(kept), 1)).toMatchObject({
          kind: 'row',
          event: { doc: kept.doc, hints: kept.hints },
        });
        const imported = decodeHistoryLine(encodeHistoryRow(event), 1);
        if (imported.kind !== 'row') throw new Error(JSON.stringify(imported));
        expect(imported.event).toMatchObject({ entity_id: id, entity_type: type.name, user_id: event.user_id });
        expect(imported.nonconforming.filter(({ field }) => field !== 'created_at')).toEqual([]);
        expect(JSON.parse(docForJson(throughJsonb(imported.event.doc ?? ''), imported.event.hints))).toEqual(read);
      }),
      { numRuns: 40 },
    );
  });
});

const withoutMinusZero = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, item) => (item === 0 ? 0 : item));

describe('a document that is written here', () => {
  const habitLog = entityTypes.habit_log;

  test('keeps numbers that a double cannot hold', () => {
    const { doc } = encoded(
      entityTypes.habit,
      '{"label":"x","a/big":9007199254740993,":deep":{"n":[12345678901234567890.5]}}',
    );
    expect(doc).toContain('9007199254740993');
    expect(doc).toContain('12345678901234567890.5');
    const row = encodeHistoryRow(stored(entityTypes.habit, { doc, hints: null }));
    expect(row).toContain(':a/big 9007199254740993');
    expect(row).toContain('12345678901234567890.5M');
  });

  test('is refused with every wrong field named', () => {
    const result = encodeDoc(
      habitLog,
      object(
        '{"timestamp":"2026-02-30T12:00:00Z","nope":1,"user/id":2,"habit-log/notes":3,"habit_ids":["x"],":a b":1,":a/b":2,"a/b":3}',
      ),
    );
    if (result.ok) throw new Error('taken');
    expect(result.issues.map(({ field }) => field).sort()).toEqual(
      ['timestamp', 'time_zone', 'nope', 'user/id', 'habit-log/notes', '/habit_ids/0', ':a b', ':a/b'].sort(),
    );
    expect(result.issues.find(({ field }) => field === 'habit-log/notes')?.message).toBe('write it as notes');
  });

  test('may have nothing that jsonb cannot hold', () => {
    const long = '1'.repeat(2_000);
    expect(encodeDoc(entityTypes.habit, object(`{"label":"x","a/n":${long}}`))).toEqual({
      ok: false,
      issues: [{ field: 'a/n', message: 'has a number of more than 1000 digits' }],
    });
    expect(encodeDoc(entityTypes.habit, object('{"label":"x","a/n":1e999999999}')).ok).toBe(false);
    const deep = `${'['.repeat(300)}${']'.repeat(300)}`;
    expect(encodeDoc(entityTypes.habit, object(`{"label":"x","a/n":${deep}}`))).toEqual({
      ok: false,
      issues: [{ field: 'a/n', message: 'is nested deeper than 200' }],
    });
  });

  test('gives texts and keys with NUL and lone surrogates back exactly', () => {
    const text = '{"label":"a\\u0000b\\ud800","x/y":{"k\\u0000":"v","k␀":["\\udc00"]}}';
    const { doc, hints } = encoded(entityTypes.habit, text);
    expect(JSON.parse(throughJsonb(doc)).label).toBe('a␀b\uFFFD');
    expect(JSON.parse(docForJson(throughJsonb(doc), hints))).toEqual(JSON.parse(text));
  });

  test('passes by without a copy where nothing was replaced', () => {
    const { doc, hints } = encoded(entityTypes.habit, '{"label":"x"}');
    expect(hints).toBeNull();
    expect(docForJson(doc, hints)).toBe(doc);
  });

  test('can be patched field by field', () => {
    expect(encodePatch(habitLog, object('{"notes":"x"}'), [])).toEqual({ ok: true, doc: '{"notes":"x"}', hints: null });
    expect(encodePatch(habitLog, object('{"nope":1}'), ['timestamp', 'notes'])).toEqual({
      ok: false,
      issues: [
        { field: 'nope', message: 'habit_log has no field of this name' },
        { field: 'timestamp', message: 'is required: it cannot be unset' },
      ],
    });
  });

  test('takes null only where the schema has it', () => {
    expect(encodePatch(entityTypes.task, object('{"snooze_until":null}'), []).ok).toBe(true);
    expect(encodePatch(entityTypes.task, object('{"due_on":null}'), []).ok).toBe(false);
  });
});
