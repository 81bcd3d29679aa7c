/** JSON as it arrives at a client. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A record's envelope; the doc's own fields stand beside it. Instants are ISO 8601 in UTC. */
export type RecordJson = {
  id: string;
  entity_type: string;
  user_id: string;
  /** The ETag: changes with every write. */
  version: number;
  occurred_at: string;
  /** Null while it runs. */
  occurred_until: string | null;
  created_at: string;
  updated_at: string;
  deleted_at: string | null;
} & { [field: string]: Json };

export type RelatedJson = { id: string; entity_type: string; label: string | null };
