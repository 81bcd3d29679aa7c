import { expect, it } from 'vitest';
import type { LoggedVersion } from '../../src/web/api.ts';
import { changesOf } from '../../src/web/screens/history/changes-of.ts';

function version(number: number, tx: number): LoggedVersion {
  const tx_time = `2026-03-01T12:00:0${tx}Z`;
  const transaction = { tx, tx_time, client: null, meta: null, events: 3 };
  const what = { entity_type: 'habit', doc: {}, changed: [] };
  return { id: `habit-${number}`, version: number, valid_time: tx_time, tx_time, tx, transaction, ...what };
}

it('what was written together is one change, in the order of its writing, over the end of a page too', () => {
  const pages = [
    [version(4, 2), version(3, 1)],
    [version(2, 1), version(1, 1)],
  ];
  const changes = changesOf(pages.flat());
  expect(changes.map(({ versions }) => versions.map((each) => each.version))).toEqual([[4], [1, 2, 3]]);
  expect(new Set(changes.map(({ key }) => key)).size).toBe(2);
  expect(changes.map(({ transaction }) => transaction?.tx)).toEqual([2, 1]);
});
