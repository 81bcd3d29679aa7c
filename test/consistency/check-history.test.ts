import { describe, expect, test } from 'vitest';
import { isLinearizable, problemsOf, type RecordedHistory, type RegisterOperation } from './check-history.ts';

const NEVER = Number.POSITIVE_INFINITY;
const write = (called: number, answered: number, value: string): RegisterOperation => ({
  kind: 'write',
  called,
  answered,
  value,
});
const read = (called: number, answered: number, value: string | null): RegisterOperation => ({
  kind: 'read',
  called,
  answered,
  value,
});
const swap = (called: number, answered: number, from: string | null, value: string): RegisterOperation => ({
  kind: 'swap',
  called,
  answered,
  from,
  value,
});
const refused = (called: number, answered: number, from: string): RegisterOperation => ({
  kind: 'refused',
  called,
  answered,
  from,
});

describe('one record', () => {
  test.each<[string, RegisterOperation[]]>([
    ['nothing was written and nothing read', [read(0, 1, null)]],
    ['a read beside a write sees either value', [write(0, 9, 'a'), read(1, 2, null), read(3, 4, 'a')]],
    ['two writes at once, in either order', [write(0, 5, 'a'), write(0, 5, 'b'), read(6, 7, 'a')]],
    [
      'a write without an answer that took effect much later',
      [write(0, NEVER, 'a'), read(1, 2, null), read(3, 4, 'a')],
    ],
    ['a write without an answer that never did', [write(0, NEVER, 'a'), write(1, 2, 'b'), read(3, 4, 'b')]],
    ['of two swaps from one value, one is refused', [swap(0, 5, null, 'a'), swap(6, 9, 'a', 'b'), refused(6, 9, 'a')]],
  ])('is right when %s', (_, operations) => {
    expect(isLinearizable(operations)).toBe(true);
  });

  test.each<[string, RegisterOperation[]]>([
    ['a read is stale', [write(0, 1, 'a'), write(2, 3, 'b'), read(4, 5, 'a')]],
    ['an acknowledged write is lost', [write(0, 1, 'a'), read(2, 3, null)]],
    ['a read goes back in time', [write(0, 9, 'a'), read(1, 2, 'a'), read(3, 4, null)]],
    ['a value comes from nowhere', [write(0, 1, 'a'), read(2, 3, 'b')]],
    ['two swaps from one value both succeed', [write(0, 1, 'a'), swap(2, 5, 'a', 'b'), swap(2, 5, 'a', 'c')]],
    ['a swap is refused although its value is there', [write(0, 1, 'a'), refused(2, 3, 'a')]],
    ['a write is seen before it was asked for', [read(0, 1, 'a'), write(2, 3, 'a')]],
    [
      'a write without an answer happens twice',
      [write(0, NEVER, 'a'), read(1, 2, 'a'), write(3, 4, 'b'), read(5, 6, 'b'), read(7, 8, 'a')],
    ],
  ])('is wrong when %s', (_, operations) => {
    expect(isLinearizable(operations)).toBe(false);
  });
});

describe('several records', () => {
  const right: RecordedHistory = {
    registers: {},
    transactions: [
      { value: 'one', entities: ['x', 'y'], outcome: 'acknowledged' },
      { value: 'two', entities: ['x', 'y'], outcome: 'lost' },
      { value: 'three', entities: ['y'], outcome: 'refused' },
    ],
    snapshots: [
      { x: null, y: null },
      { x: 'one', y: 'one' },
      { x: 'two', y: 'two' },
    ],
    final: { x: ['one', 'two'], y: ['one', 'two'] },
  };

  test('are right when every reader sees whole transactions', () => {
    expect(problemsOf(right)).toEqual([]);
    expect(problemsOf({ ...right, snapshots: [], final: { x: ['one'], y: ['one'] } })).toEqual([]);
  });

  test.each<[string, Partial<RecordedHistory>]>([
    ['a reader sees half of a transaction', { snapshots: [{ x: 'one', y: null }] }],
    ['a reader sees an old value beside a new one', { snapshots: [{ x: 'one', y: 'two' }] }],
    ['an acknowledged transaction is gone', { final: { x: ['two'], y: ['two'] }, snapshots: [] }],
    ['one is there twice', { final: { x: ['one', 'one', 'two'], y: ['one', 'two'] } }],
    ['one without an answer is half there', { final: { x: ['one', 'two'], y: ['one'] }, snapshots: [] }],
    ['a refused one is there', { final: { x: ['one', 'two'], y: ['one', 'two', 'three'] } }],
    ['something is there that nobody wrote', { final: { x: ['one', 'two', 'four'], y: ['one', 'two'] } }],
  ])('are wrong when %s', (_, wrong) => {
    expect(problemsOf({ ...right, ...wrong })).toHaveLength(1);
  });
});
