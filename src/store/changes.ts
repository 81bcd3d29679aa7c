import type { Database } from './database.ts';
import { MAX_PAGE_BYTES, storedBytes } from './page-bytes.ts';

/** The place of an event in the log's order, and the log that it is a place in. */
export interface ChangePlace {
  readonly log: string;
  readonly xid: string;
  readonly seq: string;
}

/** One event. `doc` and `hints` are JSON text; an eviction has no valid time. */
export interface StoredChange {
  readonly op: 'put' | 'delete' | 'evict';
  readonly id: string;
  readonly entity_type: string | null;
  readonly version: string;
  readonly valid_time: string | null;
  readonly tx_time: string;
  readonly tx: string;
  readonly doc: string | null;
  readonly hints: string | null;
}

export interface Changes {
  readonly changes: readonly StoredChange[];
  /** Where the next page goes on; null when the cursor is of another life of the log and everything must be fetched anew. */
  readonly next: ChangePlace | null;
  /** Whether nothing more could be given at that moment. */
  readonly up_to_date: boolean;
}

type ChangeRow = StoredChange & {
  log: string;
  is_lost: boolean;
  xid: string | null;
  seq: string | null;
  is_more: boolean;
};

/**
 * What was written after a place, in an order that never skips (I9): by (transaction id, sequence number), and only
 * below every transaction that still runs, since one that began earlier may commit later. Each event once.
 */
export async function changesAfter(
  database: Database,
  userId: string,
  after: ChangePlace | null,
  limit: number,
): Promise<Changes> {
  const rows = await database.read<ChangeRow>('changes', userId, CHANGES, [
    userId,
    after?.xid ?? '0',
    after?.seq ?? '0',
    limit,
    MAX_PAGE_BYTES,
  ]);
  const [mark] = rows;
  if (mark === undefined) throw new Error('the statement always answers a row');
  if (after !== null && (after.log !== mark.log || mark.is_lost)) return { changes: [], next: null, up_to_date: false };
  const changes = rows.filter((row) => row.xid !== null);
  const last = changes.at(-1);
  return {
    changes,
    next: { log: mark.log, xid: last?.xid ?? after?.xid ?? '0', seq: last?.seq ?? after?.seq ?? '0' },
    up_to_date: !rows.some((row) => row.is_more),
  };
}

/**
 * The place behind all that can be given now: for a client that has another copy already and wants only what follows.
 * A user without any event gets the beginning, which is the same.
 */
export async function lastChangePlace(database: Database, userId: string): Promise<ChangePlace> {
  const [row] = await database.read<{ log: string; xid: string | null; seq: string | null }>(
    'last_change_place',
    userId,
    `select log_identity() as log, e.xid::text as xid, e.seq::text as seq
    from (select) always left join lateral (
      select x.xid, x.seq from own_events x
      where x.user_id = $1::uuid and x.xid < pg_snapshot_xmin(pg_current_snapshot())
      order by x.xid desc, x.seq desc limit 1
    ) e on true`,
    [userId],
  );
  if (row === undefined) throw new Error('the statement always answers a row');
  return { log: row.log, xid: row.xid ?? '0', seq: row.seq ?? '0' };
}

const EVENT = `e.entity_id, e.entity_type, e.xid, e.seq, e.valid_time, e.tx_time, e.tx, e.doc, e.hints,
    case when e.doc is null then 'delete' else 'put' end as op`;
const BEYOND =
  '(e.xid, e.seq) > ($2::text::xid8, $3::bigint) and e.xid < (select horizon from mark) order by e.xid, e.seq limit $4::integer + 1';

const CHANGES = `
with mark as materialized (
  select log_identity() as log, pg_snapshot_xmin(pg_current_snapshot()) as horizon,
    -- The event that the cursor stands on is not there: another log was restored over this one, unless it was evicted since.
    $2::text <> '0' and ($2::text::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) or not (
      exists (select from event_log e where e.xid = $2::text::xid8 and e.seq = $3::bigint)
      or exists (select from evictions e where e.user_id = $1::uuid and (e.xid, e.seq) >= ($2::text::xid8, $3::bigint))
    )) as is_lost
), page as (
  select x.*, row_number() over w as n, sum(${storedBytes('x')}) over w as bytes
  from (
    (select ${EVENT} from own_events e where e.user_id = $1::uuid and ${BEYOND})
    union all
    -- Imported deletes name nobody.
    (select ${EVENT} from event_log e where e.user_id is null and e.doc is null
      and exists (select from entities o where o.entity_id = e.entity_id and o.user_id = $1::uuid) and ${BEYOND})
    union all
    (select e.entity_id, e.entity_type, e.xid, e.seq, null, e.tx_time, e.tx, null, null, 'evict'
      from evictions e where e.user_id = $1::uuid and ${BEYOND})
  ) x
  window w as (order by x.xid, x.seq)
), shown as (
  select * from page where n = 1 or (n <= $4::integer and bytes <= $5::integer)
)
select m.log, m.is_lost, (select count(*) from page) > (select count(*) from shown) as is_more,
  s.op, s.entity_id as id, s.entity_type, s.seq::text as version, iso(s.valid_time) as valid_time, iso(s.tx_time) as tx_time, s.tx::text as tx,
  s.doc::text as doc, s.hints::text as hints, s.xid::text as xid, s.seq::text as seq
from mark m left join shown s on not m.is_lost
order by s.xid, s.seq`;
