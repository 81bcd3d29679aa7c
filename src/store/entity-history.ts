import type { Database } from './database.ts';

/** One version, or a tombstone (`doc` null). Times are ISO 8601 in UTC with microseconds; `doc`, `hints` and `transaction` are JSON text. */
export interface StoredVersion {
  readonly version: string;
  readonly valid_time: string;
  readonly tx_time: string;
  readonly tx: string;
  readonly entity_type: string | null;
  readonly doc: string | null;
  readonly hints: string | null;
  /** The fields that differ from the version before it in this history, in alphabetical order. */
  readonly changed: readonly string[];
  /** What wrote it, as `list-transactions.ts` has it; null: an import. */
  readonly transaction: string | null;
}

/** A version's place in a history. */
export interface VersionPlace {
  readonly valid_time: string;
  readonly tx_time: string;
  readonly tx: string;
}

export interface HistoryRequest {
  /** All rows, or one a valid time: the latest transaction's (XTDB's rules H1 to H3). */
  readonly with_corrections: boolean;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** Bounds: the first of each pair belongs to the range, the second does not. Those of tx_time go before the choice per valid time. */
  readonly valid_since: string | null;
  readonly valid_until: string | null;
  readonly tx_since: string | null;
  readonly tx_until: string | null;
  readonly after: VersionPlace | null;
}

/** An entity's versions by (valid time, transaction), those of the future too; empty for an entity this user does not have. */
export function entityHistory(
  database: Database,
  userId: string,
  entityId: string,
  request: HistoryRequest,
): Promise<StoredVersion[]> {
  const order = request.order === 'asc' ? 'asc' : 'desc';
  const beyond = order === 'asc' ? '>' : '<';
  const { with_corrections: corrections, after } = request;
  // The window of transactions is the world that is looked at: what is outside it is neither shown nor compared with.
  const known = (row: string) =>
    `${row}.entity_id = $1::uuid and ($4::timestamptz is null or ${row}.tx_time >= $4::timestamptz) and ${row}.tx_time < coalesce($5::timestamptz, 'infinity')`;
  // Without corrections a valid time has one version, so that its place is the valid time alone.
  const further = corrections
    ? `(e.valid_time, e.tx_time, e.tx) ${beyond} ($7::timestamptz, $8::timestamptz, $9::bigint)`
    : `e.valid_time ${beyond} $7::timestamptz`;
  const place = corrections ? [after?.tx_time ?? null, after?.tx ?? null] : [];
  return database.read<StoredVersion>(
    'entity_history',
    userId,
    `select h.seq::text as version, iso(h.valid_time) as valid_time, iso(h.tx_time) as tx_time, h.tx::text as tx,
      h.entity_type, h.doc::text as doc, h.hints::text as hints, changed_fields(b.doc, h.doc) as changed,
      case when t.tx is not null then transaction_entry(t)::text end as transaction
    from (
      select ${corrections ? '' : 'distinct on (e.valid_time)'} e.* from event_log e
      where ${known('e')}
        and ($2::timestamptz is null or e.valid_time >= $2::timestamptz) and e.valid_time < coalesce($3::timestamptz, 'infinity')
        and ($7::timestamptz is null or ${further})
      order by e.valid_time ${order}, ${corrections ? `e.tx_time ${order}, e.tx ${order}` : 'e.tx_time desc, e.tx desc'}
      limit $6::integer
    ) h
    left join lateral (
      select p.doc from event_log p
      where ${known('p')}
        and ${corrections ? '(p.valid_time, p.tx_time, p.tx) < (h.valid_time, h.tx_time, h.tx)' : 'p.valid_time < h.valid_time'}
      order by p.valid_time desc, p.tx_time desc, p.tx desc limit 1
    ) b on true
    left join transactions t on t.tx = h.tx and t.tx_time = h.tx_time
    order by h.valid_time ${order}, h.tx_time ${order}, h.tx ${order}`,
    [
      entityId,
      request.valid_since,
      request.valid_until,
      request.tx_since,
      request.tx_until,
      request.limit,
      after?.valid_time ?? null,
      ...place,
    ],
  );
}
