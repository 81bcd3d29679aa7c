import { beforeEach, expect, it, vi } from 'vitest';
import type { Changes } from '../../src/web/api.ts';
import type { LocalDatabase } from '../../src/web/data/local-database.ts';
import type { StoredRecord } from '../../src/web/data/operations.ts';
import { memoryDatabase } from './memory-database.ts';

vi.stubGlobal('ENTITY_TYPES', [
  {
    name: 'habit',
    from: [],
    until: null,
    is_personal: true,
    timeline: false,
    timer_parent: null,
    label: [],
    fields: [],
  },
]);
vi.stubGlobal('addEventListener', () => {});
const { followChanges } = await import('../../src/web/data/follow-changes.ts');
const { RecordStore } = await import('../../src/web/data/record-store.ts');

const NOON = '2026-07-01T12:00:00Z';
const times = { occurred_at: NOON, occurred_until: NOON, created_at: NOON, updated_at: NOON, deleted_at: null };
const habit = (id: string): StoredRecord => ({ id, entity_type: 'habit', user_id: '', version: 1, ...times });
const remove = { op: 'delete', id: 'gone', version: 2, valid_time: NOON, tx_time: NOON, tx: 2, doc: null } as const;

let database: LocalDatabase;
beforeEach(async () => {
  database = memoryDatabase();
  for (const id of ['gone', 'there']) await database.put('records', habit(id));
  await database.put('types', { name: 'habit', loaded_at: NOON });
  await database.put('facts', '0', 'changes_cursor');
});

/** A page that follows what the server tells; the server has one of the two records that the device keeps. */
function openPage(answer: Changes) {
  const asked: string[] = [];
  const api = {
    changes: async () => answer,
    entities: async () => ({ records: [habit('there')], next: null }),
    entitiesById: async (entity_type: string) => {
      asked.push(entity_type);
      return [];
    },
    entity: () => Promise.reject(new Error('not asked for')),
  };
  const store = new RecordStore({ api, database });
  followChanges({ api, database, store, onChanged() {} });
  return { store, asked };
}

async function shownAfterReload(): Promise<string[]> {
  const { store } = openPage({ changes: [], next: '1', up_to_date: true });
  await store.load('habit');
  return store.snapshot('habit').records.map(({ id }) => id);
}

it('A copy that is fetched anew has nothing left of what was deleted meanwhile, also after a reload', async () => {
  // The service was restored from a backup, say, or is too far ahead.
  const { store } = openPage({ changes: [], next: null, up_to_date: false });
  await expect.poll(() => database.getAll('types')).toEqual([]);
  await store.load('habit');
  await database.put('facts', '1', 'changes_cursor');
  expect(await shownAfterReload()).toEqual(['there']);
});

it('A delete that names no type, as an imported one, takes the record off the device though no screen has shown it', async () => {
  openPage({ changes: [{ ...remove, entity_type: null }], next: '1', up_to_date: true });
  await expect.poll(() => database.get('facts', 'changes_cursor')).toBe('1');
  expect(await shownAfterReload()).toEqual(['there']);
});

it('A record of a type that only an imported history has does not hold up the others', async () => {
  const changes = ['of-a-history', 'habit'].map((entity_type) => ({ ...remove, entity_type }));
  const { asked } = openPage({ changes, next: '1', up_to_date: true });
  await expect.poll(() => database.get('facts', 'changes_cursor')).toBe('1');
  expect(asked).toEqual(['habit']);
});
