import type { LocalDatabase } from '../../src/web/data/local-database.ts';

type StoreName = 'records' | 'types' | 'outbox' | 'facts';
type Row = string | { readonly [field: string]: unknown };
const KEY_PATHS: Readonly<Record<StoreName, string>> = { records: 'id', types: 'name', outbox: 'key', facts: '' };

/** IndexedDB, which Node lacks, as far as the client uses it: all tabs of a device have the same, and what goes in is copied. */
export function memoryDatabase(): LocalDatabase {
  const stores = {
    records: new Map<string, Row>(),
    types: new Map<string, Row>(),
    outbox: new Map<string, Row>(),
    facts: new Map<string, Row>(),
  };
  function storeOf(name: StoreName) {
    const rows = stores[name];
    return {
      get: async (key: string) => structuredClone(rows.get(key)),
      getAll: async () => structuredClone([...rows.values()]),
      put: async (row: Row, key?: string) => {
        rows.set(key ?? keyOf(name, row), structuredClone(row));
      },
      delete: async (key: string) => void rows.delete(key),
      clear: async () => rows.clear(),
    };
  }
  const database: object = {
    get: (name: StoreName, key: string) => storeOf(name).get(key),
    getAll: (name: StoreName) => storeOf(name).getAll(),
    getAllFromIndex: async (name: StoreName, index: string, value: string) =>
      (await storeOf(name).getAll()).filter((row) => typeof row !== 'string' && row[index] === value),
    put: (name: StoreName, row: Row, key?: string) => storeOf(name).put(row, key),
    delete: (name: StoreName, key: string) => storeOf(name).delete(key),
    clear: (name: StoreName) => storeOf(name).clear(),
    transaction: (names: StoreName | readonly StoreName[]) => ({
      ...(typeof names === 'string' && { store: storeOf(names) }),
      objectStore: storeOf,
      done: Promise.resolve(),
    }),
  };
  return database as LocalDatabase;
}

function keyOf(name: StoreName, row: Row): string {
  return typeof row === 'string' ? '' : String(row[KEY_PATHS[name]]);
}
