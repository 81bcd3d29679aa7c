import type { Database } from './database.ts';
import { RECORD_COLUMNS, type StoredRecord } from './stored-record.ts';
import { hiddenParentsSql, type Shown, visibleSql } from './visibility.ts';

export interface ListRequest {
  readonly entity_type: string;
  readonly shown: Shown;
  readonly limit: number;
  /** The place after which to go on: the last record's, of the page before. */
  readonly after: Place | null;
}

/** A record's place in a list, newest first. */
export interface Place {
  readonly occurred_at: string;
  readonly id: string;
}

export interface ListedRecord extends StoredRecord {
  readonly occurred_at: string;
  readonly id: string;
}

/** A user's records of one type, newest first, in keyset pages: an index range whatever the page. What visibility.ts hides is left out. */
export function listEntities(database: Database, userId: string, request: ListRequest): Promise<ListedRecord[]> {
  return database.read<ListedRecord>(
    'list_entities',
    userId,
    `with hidden as materialized ${hiddenParentsSql(request.shown, '$1::uuid', null, null)}
    select ${RECORD_COLUMNS}, iso(s.occurred_at) as occurred_at, s.entity_id as id
    from live_entities s
    where s.user_id = $1::uuid and s.entity_type = $2::text
      and ${visibleSql(request.shown, 's', { hidden: 'hidden', fields: null }, null)}
      and ($4::timestamptz is null or s.occurred_at <= $4::timestamptz
        -- The bound above is what the index can start at: of an "or" it would make a bitmap of all that is left.
        and (s.occurred_at < $4::timestamptz or s.entity_id > $5::uuid))
    order by s.occurred_at desc, s.entity_id
    limit $3::integer`,
    [userId, request.entity_type, request.limit, request.after?.occurred_at ?? null, request.after?.id ?? null],
  );
}
