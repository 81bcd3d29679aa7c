import type { Database } from './database.ts';
import type { StoredVersion } from './entity-history.ts';

/** How many events one request looks at, when only few of them concern the asked attribute. */
const MAX_EVENTS_SCANNED = 5_000;

export interface UserHistoryRequest {
  readonly entity_type: string | null;
  /** Bounds of the transaction time: the first belongs to the range, the second does not. */
  readonly since: string | null;
  readonly until: string | null;
  /** Only versions in which this field differs from the version that they replaced. */
  readonly attribute: string | null;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly after: LogPlace | null;
}

export interface LogPlace {
  readonly tx_time: string;
  readonly tx: string;
  readonly version: string;
}

/** A version with its entity. `changed` is against what held at its valid time before it was written. */
export interface LoggedVersion extends StoredVersion {
  readonly id: string;
}

export interface UserHistory {
  readonly versions: readonly LoggedVersion[];
  /** The last event looked at, when there may be more beyond it. */
  readonly next: LogPlace | null;
}

const EVENT = 'e.entity_id, e.seq, e.valid_time, e.tx_time, e.tx, e.entity_type, e.doc, e.hints';

/** What changed over all of a user's entities, by transaction time: ranges of an index, whatever the history's size. */
export async function userHistory(
  database: Database,
  userId: string,
  request: UserHistoryRequest,
): Promise<UserHistory> {
  const order = request.order === 'asc' ? 'asc' : 'desc';
  const [beyond, reversed] = order === 'asc' ? ['>', 'desc'] : ['<', 'asc'];
  const [within, furthest] =
    order === 'asc' ? ['<=', "max(tx_time) else 'infinity'"] : ['>=', "min(tx_time) else '-infinity'"];
  const range = `($3::timestamptz is null or e.tx_time >= $3::timestamptz) and e.tx_time < coalesce($4::timestamptz, 'infinity')
        and ($5::timestamptz is null or (e.tx_time, e.tx, e.seq) ${beyond} ($5::timestamptz, $6::bigint, $7::bigint))
      order by e.tx_time ${order}, e.tx ${order}, e.seq ${order}
      limit $8::integer`;
  const scanned = request.attribute === null ? request.limit : MAX_EVENTS_SCANNED;
  const rows = await database.read<LoggedVersion & { shown: boolean }>(
    'user_history',
    userId,
    `with own as materialized (
      select ${EVENT} from own_events e
      where e.user_id = $1::uuid and ($2::text is null or e.entity_type = $2::text) and ${range}
    ), looked_at as materialized (
      select * from own
      union all
      -- Only where the page is, as there are those of everybody to look through.
      (select ${EVENT} from own_imported_deletes e
      where ($2::text is null or e.entity_type = $2::text)
        and e.tx_time ${within} (select case when count(*) = $8::integer then ${furthest} end from own)
        and ${range})
      order by tx_time ${order}, tx ${order}, seq ${order}
      limit $8::integer
    ), compared as (
      select e.*, changed_fields(b.doc, e.doc) as changed
      from looked_at e
      left join lateral (
        -- By the transaction too: those of an import can share an instant.
        select p.doc from event_log p
        where p.entity_id = e.entity_id and p.valid_time <= e.valid_time and (p.tx_time, p.tx) < (e.tx_time, e.tx)
        order by p.valid_time desc, p.tx_time desc, p.tx desc limit 1
      ) b on true
    ), shown as (
      select * from compared c where $9::text is null or $9::text = any (c.changed)
      order by c.tx_time ${order}, c.tx ${order}, c.seq ${order} limit $10::integer
    ), marks as (
      (select s.*, true as is_shown from shown s)
      union all
      (select l.*, '{}'::text[], false from looked_at l order by l.tx_time ${reversed}, l.tx ${reversed}, l.seq ${reversed}
        limit case when (select count(*) from looked_at) = $8::integer then 1 else 0 end)
    )
    select m.entity_id as id, m.seq::text as version, iso(m.valid_time) as valid_time, iso(m.tx_time) as tx_time, m.tx::text as tx,
      m.entity_type, m.doc::text as doc, m.hints::text as hints, m.changed, m.is_shown as shown,
      case when t.tx is not null then transaction_entry(t)::text end as transaction
    from marks m left join transactions t on t.tx = m.tx and t.tx_time = m.tx_time
    order by m.is_shown desc, m.tx_time ${order}, m.tx ${order}, m.seq ${order}`,
    [
      userId,
      request.entity_type,
      request.since,
      request.until,
      request.after?.tx_time ?? null,
      request.after?.tx ?? null,
      request.after?.version ?? null,
      scanned,
      request.attribute,
      request.limit,
    ],
  );
  const versions = rows.filter((row) => row.shown);
  const lastScanned = rows.find((row) => !row.shown);
  const last = versions.length === request.limit ? versions.at(-1) : lastScanned;
  return {
    versions,
    next: last === undefined ? null : { tx_time: last.tx_time, tx: last.tx, version: last.version },
  };
}
