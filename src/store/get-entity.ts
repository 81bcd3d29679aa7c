import type { Database } from './database.ts';
import { RECORD_COLUMNS, type StoredRecord } from './stored-record.ts';

/** A moment to read at; null means now, with all that is known. Instants are ISO 8601 text. */
export interface Moment {
  readonly valid_time: string | null;
  readonly tx_time: string | null;
}

/** Now, with all that is known. */
export const PRESENT: Moment = { valid_time: null, tx_time: null };

/** One entity as it is now, or as it was at (valid time, transaction time) by XTDB's rule R1; null when nothing held. */
export async function getEntity(
  database: Database,
  userId: string,
  entityId: string,
  moment: Moment,
): Promise<StoredRecord | null> {
  const isNow = moment.valid_time === null && moment.tx_time === null;
  const rows = isNow
    ? await database.read<StoredRecord>(
        'get_entity',
        userId,
        `select ${RECORD_COLUMNS} from live_entities s where s.entity_id = $1::uuid and s.user_id = $2::uuid`,
        [entityId, userId],
      )
    : await database.read<StoredRecord>(
        'get_entity_as_of',
        userId,
        `select ${RECORD_COLUMNS}
        from state_at($1::uuid, coalesce($3::timestamptz, now()), coalesce($4::timestamptz, 'infinity')) s
        where s.user_id = $2::uuid`,
        [entityId, userId, moment.valid_time, moment.tx_time],
      );
  return rows[0] ?? null;
}
