import { expect, it, vi } from 'vitest';
import type { AppData } from '../../src/web/data/app-data.ts';
import type { Operation } from '../../src/web/data/operations.ts';
import { SignedOut } from '../../src/web/session.ts';
import { shownToasts } from '../../src/web/shell/toasts.ts';
import { memoryDatabase } from './memory-database.ts';

vi.stubGlobal('ENTITY_TYPES', []);
vi.stubGlobal('addEventListener', () => {});
const { Outbox } = await import('../../src/web/data/outbox.ts');
const { RecordStore } = await import('../../src/web/data/record-store.ts');
const { writeMany } = await import('../../src/web/screens/records/write-many.ts');

const NOON = '2026-07-01T12:00:00Z';

it('What waits for the next sign-in is told, and taken back with what was written', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const times = { occurred_at: NOON, occurred_until: NOON, created_at: NOON, updated_at: NOON, deleted_at: null };
  const records = Array.from({ length: 2_500 }, (_, i) => ({
    id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    entity_type: 'habit',
    user_id: '',
    version: 1,
    ...times,
  }));
  const entity = () => Promise.reject(new SignedOut());
  const api = { entity, entitiesById: entity, entities: async () => ({ records, next: null }) };
  const store = new RecordStore({ api, database: null });
  await store.load('habit');
  const database = memoryDatabase();
  let sent = 0;
  const outbox = new Outbox({
    user: 'write-many',
    database,
    async send() {
      if (++sent > 1) throw new SignedOut();
      return { tx: 1, tx_time: NOON, entities: [] };
    },
    onWritten: (write, answer) => store.written(write, answer),
    async onSentElsewhere() {},
  });
  outbox.subscribe(() => store.overlay(outbox.writes()));
  const data: AppData = {
    database,
    store,
    outbox,
    write: (title, operations) => outbox.submit(title, operations),
    undo: () => Promise.reject(new Error('not here')),
  };
  const deletions = records.map(({ id }): Operation => ({ op: 'delete', id, entity_type: 'habit' }));
  await expect(writeMany(data, 'Delete 2,500 records', deletions, 'Deleted.')).rejects.toThrow(SignedOut);
  expect(outbox.writes().flatMap(({ operations }) => operations)).toHaveLength(1_000);
  const [toast] = shownToasts();
  expect(toast?.text).toBe('2,000 of 2,500 so far; 1,000 of them go out after the next sign-in.');
  await expect(toast?.undo?.()).rejects.toThrow(SignedOut);
  const [, undo] = outbox.writes();
  expect(undo?.operations.map(({ id }) => id)).toEqual(
    records
      .slice(1_000, 2_000)
      .map(({ id }) => id)
      .toReversed(),
  );
  vi.useRealTimers();
});
