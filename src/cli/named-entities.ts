import type pg from 'pg';
import type { LineValue } from '../domain/codec/history-digest.ts';

const BATCH_LINES = 5_000;

/**
 * The entities that a part of a history names, and the hashes of those that it evicts, each with the first transaction that
 * does. They are kept in tables of the session, `named_entities` and `named_evictions`, since a part may name millions: memory
 * here is flat.
 */
export class NamedEntities {
  readonly #client: pg.Client;
  #ids = new Set<string>();
  #evicted = new Map<string, bigint>();

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async begin(client: pg.Client): Promise<NamedEntities> {
    await client.query(
      `create temporary table named_entities (entity_id uuid primary key);
       create temporary table named_evictions (hash text primary key, tx bigint)`,
    );
    return new NamedEntities(client);
  }

  add(line: LineValue): void {
    if (line.kind === 'row') this.#ids.add(line.entity_id);
    else if (line.kind === 'evicted' && line.tx <= (this.#evicted.get(line.evicted) ?? line.tx))
      this.#evicted.set(line.evicted, line.tx);
  }

  /** Once enough has been added. */
  async sendMany(): Promise<void> {
    if (this.#ids.size + this.#evicted.size >= BATCH_LINES) await this.#send();
  }

  /** After the last line. */
  async end(): Promise<void> {
    await this.#send();
    await this.#client.query('analyze named_entities; analyze named_evictions');
  }

  async #send(): Promise<void> {
    await this.#client.query('insert into named_entities select unnest($1::uuid[]) on conflict do nothing', [
      [...this.#ids],
    ]);
    await this.#client.query(
      `insert into named_evictions as n select * from unnest($1::text[], $2::bigint[])
       on conflict (hash) do update set tx = least(n.tx, excluded.tx)`,
      [[...this.#evicted.keys()], [...this.#evicted.values()]],
    );
    this.#ids = new Set();
    this.#evicted = new Map();
  }
}
