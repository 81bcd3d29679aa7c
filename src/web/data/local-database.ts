import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import type { StoredRecord } from './operations.ts';
import type { QueuedWrite } from './queued-write.ts';

interface Schema extends DBSchema {
  records: { key: string; value: StoredRecord; indexes: { entity_type: string } };
  /** The types whose records are all here. */
  types: { key: string; value: { readonly name: string; readonly loaded_at: string } };
  outbox: { key: string; value: QueuedWrite };
  /** `changes_cursor`: how far a tab has followed the change feed. */
  facts: { key: string; value: string };
}

export type LocalDatabase = IDBPDatabase<Schema>;

const VERSION = 1;

const nameOf = (user: string): string => `annals.${user}`;

/** The copy of a user's records on this device, and the writes that wait for the network. */
export function openLocalDatabase(user: string): Promise<LocalDatabase> {
  return openDB<Schema>(nameOf(user), VERSION, {
    upgrade(database) {
      database.createObjectStore('records', { keyPath: 'id' }).createIndex('entity_type', 'entity_type');
      database.createObjectStore('types', { keyPath: 'name' });
      database.createObjectStore('outbox', { keyPath: 'key' });
      database.createObjectStore('facts');
    },
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });
}

/** Forgets the copy, as a sign-out must. */
export async function forgetLocalDatabase(user: string): Promise<void> {
  await deleteDB(nameOf(user));
}
