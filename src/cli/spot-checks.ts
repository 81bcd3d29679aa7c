import type pg from 'pg';
import { type LineValue, lineValue } from '../domain/codec/history-digest.ts';
import { encodeHistoryRow } from '../domain/codec/history-line.ts';
import type { StoredEvent } from '../domain/codec/stored-event.ts';

/** One version of a record, as each side has it: canonical EDN, `nil` for a delete, null where a side lacks it. */
export interface ShownVersion {
  readonly valid_time: string;
  readonly tx_time: string;
  readonly tx: string;
  file: string | null;
  store: string | null;
}

/** A record's whole history, side by side. */
export interface SpotCheck {
  readonly entity_id: string;
  readonly versions: readonly ShownVersion[];
}

const MAX_VERSIONS = 1_000;

/** Keeps the versions of some records of a file, to be shown beside the store's. */
export class SpotChecks {
  readonly #versions = new Map<string, Map<string, ShownVersion>>();

  constructor(entityIds: readonly string[]) {
    for (const id of entityIds) this.#versions.set(id, new Map());
  }

  get isEmpty(): boolean {
    return this.#versions.size === 0;
  }

  add(line: LineValue): void {
    if (line.kind === 'row') this.#add(line.entity_id, line, 'file');
  }

  #add(entityId: string, { valid_time, tx_time, tx, doc }: LineValue, side: 'file' | 'store'): void {
    const versions = this.#versions.get(entityId);
    const key = `${valid_time} ${tx_time} ${tx}`;
    if (versions === undefined || (versions.size >= MAX_VERSIONS && !versions.has(key))) return;
    const version = versions.get(key) ?? { valid_time, tx_time, tx: String(tx), file: null, store: null };
    // Cloned, as AsOfSample does.
    versions.set(key, structuredClone({ ...version, [side]: doc }));
  }

  /** @param nativeUntil the store's own writes after this moment are left out; null leaves them all out */
  async besideStore(client: pg.Client, nativeUntil: string | null): Promise<SpotCheck[]> {
    const { rows } = await client.query<StoredEvent>(
      `select entity_id::text, entity_type, user_id::text, iso(valid_time) as valid_time, iso(tx_time) as tx_time, tx::text, doc::text, hints::text
       from event_log where entity_id = any ($1::uuid[]) and (import_id is not null or tx_time <= $2::timestamptz)`,
      [[...this.#versions.keys()], nativeUntil],
    );
    for (const event of rows) {
      const line = lineValue(encodeHistoryRow(event));
      if (typeof line !== 'string') this.#add(event.entity_id, line, 'store');
    }
    return [...this.#versions].map(([entity_id, versions]) => ({
      entity_id,
      versions: [...versions.values()].sort((a, b) => (a.valid_time < b.valid_time ? -1 : 1)),
    }));
  }
}
