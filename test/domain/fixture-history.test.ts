import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { docForJson } from '../../src/domain/codec/doc-for-json.ts';
import { entityIdOf, entityIdOfHash } from '../../src/domain/codec/entity-id.ts';
import {
  decodeHistoryLine,
  encodeEnd,
  encodeEvicted,
  encodeHeader,
  encodeHistoryRow,
} from '../../src/domain/codec/history-line.ts';
import { decodeJsonHistoryLine, encodeJsonHistoryRow } from '../../src/domain/codec/json-history-line.ts';
import { jsonToDocument } from '../../src/domain/codec/json-to-document.ts';
import { encodeDoc } from '../../src/domain/codec/native-doc.ts';
import type { StoredEvent } from '../../src/domain/codec/stored-event.ts';
import { canonicalEdn, ednEquals } from '../../src/domain/edn/canonical.ts';
import { entityType, xtdbTypeName } from '../../src/domain/entity-type.ts';
import { isJsonObject } from '../../src/domain/json/json-value.ts';
import { parseJson } from '../../src/domain/json/parse-json.ts';
import { edn } from './edn-value.ts';
import { expectedAnswers, historyLines } from './fixture.ts';
import { throughJsonb } from './jsonb-like.ts';

describe('the history of a real XTDB node', () => {
  const lines = historyLines();
  const decoded = lines.map((line, i) => decodeHistoryLine(line, i + 1));
  const rows = decoded.flatMap((line, i) => (line.kind === 'row' ? [{ ...line, text: lines[i] ?? '' }] : []));
  /** As the database gives them back. */
  const stored = rows.map(({ event, text }) => {
    const doc = event.doc === null ? null : throughJsonb(event.doc);
    const hints = event.hints === null ? null : throughJsonb(event.hints);
    return { event: { ...event, doc, hints }, text };
  });

  test('has no line that is rejected, and as many as the node says', () => {
    const expected = expectedAnswers();
    const count = (kind: string) => decoded.filter((line) => line.kind === kind).length;
    expect(decoded.filter((line) => line.kind === 'reject')).toEqual([]);
    expect(count('header')).toBe(1);
    expect(count('row')).toBe(expected.rows);
    expect(count('evicted')).toBe(expected.evicted);
    expect(decoded.at(-1)).toEqual({
      kind: 'end',
      transactions: 0,
      rows: expected.rows,
      entities: expected.entities,
      evicted: expected.evicted,
    });
    expect(rows.filter(({ event }) => event.doc === null)).toHaveLength(expected.tombstone_rows);
  });

  test("has as many entities under our ids as under XTDB's", () => {
    expect(new Set(rows.map(({ event }) => event.entity_id)).size).toBe(expectedAnswers().entities);
  });

  test('comes back row for row as equal EDN after a stay in jsonb', () => {
    const different = stored.filter(
      ({ event, text }) => canonicalEdn(edn(encodeHistoryRow(event))) !== canonicalEdn(edn(text)),
    );
    expect(different.map(({ text }) => text.slice(0, 300))).toEqual([]);
  });

  test('comes back row for row from our own form in JSON, to the letter', () => {
    const toMicroseconds = (time: string) => time.replace('Z', '000Z');
    const different = stored.filter(({ event: inJsonb }) => {
      const [valid_time, tx_time] = [toMicroseconds(inJsonb.valid_time), toMicroseconds(inJsonb.tx_time)];
      const event = { ...inJsonb, valid_time, tx_time };
      const line = decodeJsonHistoryLine(encodeJsonHistoryRow(event), 2);
      // Vitest's own comparison takes a millisecond a row.
      return line.kind !== 'row' || !isDeepStrictEqual(line.event, event);
    });
    expect(different.map(({ text }) => text.slice(0, 300))).toEqual([]);
  });

  test('has as many rows of each user and type as the node counts', () => {
    const key = (user: string | null, type: string | null): string => `${user} ${type}`;
    const counts = new Map<string, number>();
    for (const { event } of rows) {
      if (event.doc === null) continue;
      const type = event.entity_type === null ? undefined : entityType(event.entity_type);
      const xtdbName = type === undefined ? event.entity_type : xtdbTypeName(type);
      // Our users are their own; XTDB's say no user.
      const at = key(xtdbName === 'user' ? null : event.user_id, xtdbName);
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    const expected = expectedAnswers().by_user_type.map((count) => [key(count.user, count.type), count.rows] as const);
    expect(counts).toEqual(new Map(expected));
  });

  test('gives the 3,000 answers of the node to what held when', () => {
    const byEntity = Map.groupBy(rows, ({ event }) => event.entity_id);
    const newestFirst = (a: StoredEvent, b: StoredEvent): number =>
      Date.parse(b.valid_time) - Date.parse(a.valid_time) || Number(b.tx) - Number(a.tx);
    const wrong = expectedAnswers().as_of.filter(({ eid, V, T, doc }) => {
      const events = (byEntity.get(entityIdOf(edn(eid))) ?? []).map(({ event }) => event);
      const [holds] = events
        .filter((event) => Date.parse(event.valid_time) <= Date.parse(V) && Date.parse(event.tx_time) <= Date.parse(T))
        .sort(newestFirst);
      if (holds === undefined || holds.doc === null) return doc !== null;
      return doc === null || !ednEquals(jsonToDocument({ ...holds, doc: holds.doc }), edn(doc));
    });
    expect(wrong).toEqual([]);
  });

  test('comes back in its other lines too', () => {
    const written = decoded.flatMap((line) => {
      if (line.kind === 'header') {
        return [
          encodeHeader({ exported_at: line.exported_at ?? '', store: line.store ?? '', version: line.version ?? '' }),
        ];
      }
      if (line.kind === 'evicted') return [encodeEvicted(line)];
      return line.kind === 'end' ? [encodeEnd(line)] : [];
    });
    const read = lines.filter((_, i) => decoded[i]?.kind !== 'row');
    expect(written.map((line) => canonicalEdn(edn(line)))).toEqual(read.map((line) => canonicalEdn(edn(line))));
  });

  test('has one type and user a row, with hardly a hint where the schema knows all', () => {
    const plain = rows.filter((row) => row.unknown_attributes.length === 0 && row.nonconforming.length === 0);
    const hints = plain.flatMap(({ event }): [string, unknown][] =>
      event.hints === null ? [] : Object.entries(JSON.parse(event.hints)),
    );
    // Older names, ids that are no UUIDs, numbers of rare types and texts with NUL are all that is left to hint at.
    const others = hints.filter(
      ([pointer, hint]) =>
        !pointer.startsWith('#/') &&
        pointer !== '/id' &&
        pointer !== '/num' &&
        !(Array.isArray(hint) && hint[0] === 'string'),
    );
    expect(others).toEqual([]);
  });

  test('conforms to its schemas, but for what is known to be older or odd', () => {
    const known = new Set([
      // Before there were labels, there were names.
      'habit.label is missing',
      'location.label is missing',
      'meditation.label is missing',
      'book.author is nil',
      // Timers that were just started say no more than what they time.
      'meditation_log.location_id is missing',
      'meditation_log.position is missing',
      'meditation_log.guided is missing',
      'meditation_log.interrupted is missing',
    ]);
    const surprising = rows
      .filter(({ event, unknown_attributes }) => unknown_attributes.length === 0 && !event.hints?.includes('"legacy"'))
      .flatMap(({ event, nonconforming }) =>
        nonconforming.map(({ field, reason }) => `${event.entity_type}.${field} ${reason}`),
      )
      .filter((line) => !known.has(line));
    expect(Object.fromEntries(surprising.map((line) => [line, true]))).toEqual({});
  });

  test("is judged alike by the import's quick check and by the schema of native writes", () => {
    const envelope = new Set(['entity_type', 'user_id', 'created_at']);
    const different = rows.flatMap(({ event, nonconforming, unknown_attributes }) => {
      const type = event.entity_type === null ? undefined : entityType(event.entity_type);
      if (type === undefined || event.doc === null || unknown_attributes.length > 0) return [];
      const json = parseJson(docForJson(event.doc, event.hints));
      if (!isJsonObject(json)) throw new Error('not an object');
      const quick = nonconforming.map(({ field }) => field).filter((field) => !envelope.has(field));
      // A ratio is text in JSON: a number in XTDB, but none in an API's body.
      if (event.hints?.includes('"ratio"')) return [];
      const encoded = encodeDoc(type, json);
      const issues = encoded.ok ? [] : encoded.issues.map(({ field }) => field);
      return isDeepStrictEqual(issues.sort(), quick.sort()) ? [] : [{ doc: event.doc, issues, quick }];
    });
    expect(different).toEqual([]);
  });

  test('names an evicted entity that was put again by the same hash', () => {
    const evictions = decoded.flatMap((line) => (line.kind === 'evicted' ? [line] : []));
    for (const { hash, entity_id } of evictions) expect(entity_id).toBe(entityIdOfHash(hash ?? ''));
  });
});
