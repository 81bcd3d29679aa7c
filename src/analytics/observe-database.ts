import type { Database } from '../store/database.ts';
import type { DatabaseCall } from './measurements.ts';

/** The same road, each call told to `observe` when it is over: how long it took, there and back included. */
export function observeDatabase(database: Database, observe: (call: DatabaseCall) => void): Database {
  async function timed<Row>(name: string, statement: string, call: () => Promise<Row[]>): Promise<Row[]> {
    const began_ms = performance.now();
    let rows: Row[] | null = null;
    try {
      rows = await call();
      return rows;
    } finally {
      observe({ name, statement, began_ms, duration_ms: performance.now() - began_ms, rows: rows?.length ?? null });
    }
  }
  return {
    call<Row>(name: string, text: string, parameters: readonly unknown[]) {
      return timed<Row>(name, text, () => database.call(name, text, parameters));
    },
    read<Row>(name: string, userId: string, text: string, parameters: readonly unknown[]) {
      return timed<Row>(name, text, () => database.read(name, userId, text, parameters));
    },
    write<Row>(name: string, text: string, parameters: readonly unknown[]) {
      return timed<Row>(name, text, () => database.write(name, text, parameters));
    },
  };
}
