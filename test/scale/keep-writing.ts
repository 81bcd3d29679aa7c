import { randomUUID } from 'node:crypto';
import pg from 'pg';

type Queryable = Pick<pg.Pool, 'query'>;

export async function transact(
  on: Queryable,
  user_id: string,
  operations: object[],
): Promise<{ id: string; version: string }[]> {
  const { rows } = await on.query('select transact($1::jsonb) as answer', [
    JSON.stringify({ user_id, operations, request_hash: '' }),
  ]);
  return rows[0].answer.entities.map(({ id, version }: { id: string; version: number }) => ({
    id,
    version: String(version),
  }));
}

export interface Written {
  /** Of every version that was acknowledged and not forgotten since. */
  readonly written: readonly string[];
  readonly forgotten: number;
  readonly failures: readonly unknown[];
}

const WRITERS = 2;

/** People who put, patch and now and then evict, one after another, until they are stopped. @param url as annals_app */
export function keepWriting(url: string): { stop(): Promise<Written> } {
  const pool = new pg.Pool({ connectionString: url, max: WRITERS });
  const written = new Map<string, string[]>();
  const failures: unknown[] = [];
  let forgotten = 0;
  let stopped = false;
  const write = async () => {
    const user = randomUUID();
    for (let n = 0; !stopped; n++) {
      const id = randomUUID();
      const operations = [
        [{ op: 'put', entity_id: id, entity_type: 'habit', doc: { label: `a${n}` } }],
        [{ op: 'patch', entity_id: id, entity_type: 'habit', set: { notes: 'b' } }],
        ...(n % 5 === 4 ? [[{ op: 'evict', entity_id: id }]] : []),
      ];
      try {
        for (const operation of operations) {
          for (const { version } of await transact(pool, user, operation)) {
            written.set(id, [...(written.get(id) ?? []), version]);
          }
        }
        if (n % 5 === 4) {
          written.delete(id);
          forgotten++;
        }
      } catch (error) {
        failures.push(error);
        return;
      }
    }
  };
  const writers = Array.from({ length: WRITERS }, write);
  return {
    async stop() {
      stopped = true;
      await Promise.all(writers);
      await pool.end();
      return { written: [...written.values()].flat(), forgotten, failures };
    },
  };
}
