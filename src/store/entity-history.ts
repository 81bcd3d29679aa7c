import type { Database } from './database.ts';

/** One version, or a tombstone (`doc` null). Times are ISO 8601 in UTC with microseconds; `doc` and `hints` are JSON text. */
export interface StoredVersion {
  readonly version: string;
  readonly valid_time: string;
  readonly tx_time: string;
  readonly tx: string;
  readonly entity_type: string | null;
  readonly doc: string | null;
  readonly hints: string | null;
}

export interface HistoryRequest {
  /** All rows, or one a valid time: the latest transaction's (XTDB's rules H1 to H3). */
  readonly with_corrections: boolean;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
}

/** An entity's versions by (valid time, transaction), those of the future too; empty for an entity this user does not have. */
export function entityHistory(
  database: Database,
  userId: string,
  entityId: string,
  request: HistoryRequest,
): Promise<StoredVersion[]> {
  const order = request.order === 'asc' ? 'asc' : 'desc';
  const corrections = request.with_corrections ? '' : 'distinct on (e.valid_time)';
  return database.read<StoredVersion>(
    'entity_history',
    userId,
    `select h.seq::text as version, iso(h.valid_time) as valid_time, iso(h.tx_time) as tx_time, h.tx::text as tx,
      h.entity_type, h.doc::text as doc, h.hints::text as hints
    from (
      select ${corrections} e.* from event_log e where e.entity_id = $1::uuid
      order by e.valid_time ${order}, e.tx_time desc, e.tx desc
    ) h
    order by h.valid_time ${order}, h.tx_time ${order}, h.tx ${order}
    limit $2::integer`,
    [entityId, request.limit],
  );
}
