import type { Database } from './database.ts';
import type { Moment } from './get-entity.ts';
import { RECORD_COLUMNS, type StoredRecord } from './stored-record.ts';
import { hiddenParentsSql, type MomentSql, type Shown, visibleSql } from './visibility.ts';

export interface ListRequest {
  readonly entity_type: string;
  readonly shown: Shown;
  readonly moment: Moment;
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

const MOMENT: MomentSql = {
  valid_time: 'coalesce($6::timestamptz, now())',
  tx_time: `coalesce($7::timestamptz, 'infinity')`,
};

/**
 * A user's records of one type, newest first, in keyset pages: an index range whatever the page, of the past too. What visibility.ts hides
 * is left out.
 */
export function listEntities(
  database: Database,
  userId: string,
  { entity_type, shown, moment: { valid_time, tx_time }, limit, after }: ListRequest,
): Promise<ListedRecord[]> {
  const moment = valid_time === null && tx_time === null ? null : MOMENT;
  return database.read<ListedRecord>(
    moment === null ? 'list_entities' : 'list_entities_as_of',
    userId,
    `with hidden as materialized ${hiddenParentsSql(shown, '$1::uuid', null, moment)}
    select ${RECORD_COLUMNS}, iso(s.occurred_at) as occurred_at, s.entity_id as id
    from ${moment === null ? 'own_entities' : `entities_at($1::uuid, $2::text, ${moment.valid_time}, ${moment.tx_time})`} s
    where s.user_id = $1::uuid and s.entity_type = $2::text
      and ${visibleSql(shown, 's', { hidden: 'hidden', fields: null }, moment)}
      and ($4::timestamptz is null or s.occurred_at <= $4::timestamptz
        -- The bound above is what the index can start at: of an "or" it would make a bitmap of all that is left.
        and (s.occurred_at < $4::timestamptz or s.entity_id > $5::uuid))
    order by s.occurred_at desc, s.entity_id
    limit $3::integer`,
    [
      userId,
      entity_type,
      limit,
      after?.occurred_at ?? null,
      after?.id ?? null,
      ...(moment === null ? [] : [valid_time, tx_time]),
    ],
  );
}
