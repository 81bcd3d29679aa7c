import { describe, expect, it, vi } from 'vitest';
import type { Page } from '../../src/web/api.ts';
import type { LocalDatabase } from '../../src/web/data/local-database.ts';
import type { StoredRecord } from '../../src/web/data/operations.ts';
import { memoryDatabase } from './memory-database.ts';

vi.stubGlobal('ENTITY_TYPES', []);
const { RecordStore } = await import('../../src/web/data/record-store.ts');
const { Unreachable } = await import('../../src/web/unreachable.ts');

const ID = '11111111-1111-4111-8111-111111111111';
const NOON = '2026-07-01T12:00:00Z';

function habit(label: string, version: number): StoredRecord {
  const times = { occurred_at: NOON, occurred_until: NOON, created_at: NOON, updated_at: NOON, deleted_at: null };
  return { id: ID, entity_type: 'habit', user_id: '', version, ...times, label };
}

/** @param stored what the server has */
function openStore(stored: { record: StoredRecord }, database: LocalDatabase | null = null) {
  /** Lists that the server has made, and that are on their way until one lets them in. */
  const lists: (() => void)[] = [];
  const api = {
    entity: async () => stored.record,
    entitiesById: async () => [stored.record],
    entities: () => {
      const page: Page = { records: [stored.record], next: null };
      return new Promise<Page>((resolve) => lists.push(() => resolve(page)));
    },
  };
  return { store: new RecordStore({ api, database }), lists };
}

describe('what is known of a record is what was asked for last', () => {
  // Written before the one that it replaces, for a later time than that one's.
  const edited = habit('edited at noon', 8);
  const planned = habit('planned in the morning for one o’clock', 7);

  it('also when a version with a lower number has come into force', async () => {
    const stored = { record: edited };
    const { store } = openStore(stored);
    await store.fetch(ID);
    stored.record = planned;
    expect(await store.fetch(ID)).toEqual(planned);
    stored.record = edited;
    await store.refetch('habit', [ID]);
    stored.record = planned;
    await store.refetch('habit', [ID]);
    expect(store.get(ID)).toEqual(planned);
  });

  it('not what came last: a list that was asked for before does not take it back', async () => {
    const stored = { record: edited };
    const { store, lists } = openStore(stored);
    const loading = store.load('habit');
    await expect.poll(() => lists.length).toBe(1);
    stored.record = planned;
    await store.refetch('habit', [ID]);
    lists[0]?.();
    await loading;
    expect(store.get(ID)).toEqual(planned);
  });

  it('not a deleted record that such a list still has', async () => {
    const { store, lists } = openStore({ record: edited });
    await store.fetch(ID);
    const loading = store.load('habit');
    await expect.poll(() => lists.length).toBe(1);
    const operation = { op: 'delete', id: ID, entity_type: 'habit' } as const;
    const write = { key: 'k', order: 1, title: 'Delete', operations: [operation], refusal: null };
    store.written(write, { tx: 1, tx_time: NOON, entities: [] });
    lists[0]?.();
    await loading;
    expect(store.get(ID)).toBeNull();
  });
});

describe('a change that goes out before its record is loaded, as after a reload', () => {
  const operation = { op: 'patch', id: ID, entity_type: 'habit', set: { '/label': 'mine' }, unset: [] } as const;
  const write = { key: 'k', order: 1, title: 'Edit', operations: [operation], refusal: null };

  it('does not make it seem gone while it waits', async () => {
    const { store } = openStore({ record: habit('before', 1) });
    store.overlay([write]);
    expect(store.ownChanges(0).size).toBe(0);
    await store.fetch(ID);
    expect(store.get(ID)).toMatchObject({ label: 'mine' });
  });

  it('leaves the copy of it on this device, as it is now', async () => {
    const database = memoryDatabase();
    await database.put('records', habit('before', 1));
    await database.put('types', { name: 'habit', loaded_at: NOON });
    const written = habit('mine', 2);
    const { store } = openStore({ record: written }, database);
    store.written(write, { tx: 1, tx_time: NOON, entities: [] });
    expect(store.ownChanges(0).size).toBe(0);
    await expect.poll(() => database.getAll('records')).toEqual([written]);
    expect(store.get(ID)).toEqual(written);
  });

  it('leaves that copy as it was where it cannot be read', async () => {
    const database = memoryDatabase();
    const before = habit('before', 1);
    await database.put('records', before);
    await database.put('types', { name: 'habit', loaded_at: NOON });
    const unreachable = () => Promise.reject(new Unreachable(null));
    const api = { entity: unreachable, entitiesById: unreachable, entities: unreachable };
    const transaction = vi.spyOn(database, 'transaction');
    const store = new RecordStore({ api, database });
    store.written(write, { tx: 1, tx_time: NOON, entities: [] });
    await expect.poll(() => transaction.mock.calls.length).toBe(1);
    expect(await database.getAll('records')).toEqual([before]);
  });
});

describe('what waits in the outbox', () => {
  const operation = { op: 'put', id: ID, entity_type: 'habit', doc: { label: 'new' } } as const;
  const write = { key: 'k', order: 1, title: 'Add', operations: [operation], refusal: null };

  it('is in the lists, and no longer once it has left', () => {
    const { store } = openStore({ record: habit('', 1) });
    store.overlay([write]);
    expect(store.snapshot('habit').records).toMatchObject([{ label: 'new' }]);
    store.overlay([]);
    expect(store.snapshot('habit').records).toEqual([]);
  });

  it('changes nothing when it is the same, or nothing still', () => {
    const { store } = openStore({ record: habit('', 1) });
    store.overlay([]);
    expect(store.revision()).toBe(0);
    const writes = [write];
    store.overlay(writes);
    store.overlay(writes);
    expect(store.revision()).toBe(1);
  });
});
