/** A row of the event log as the codec makes and takes it. */
export type StoredEvent = {
  /** A UUID in lower case. */
  entity_id: string;
  /** Our name of a type that we know; else XTDB's, as it was; null where the document said none. */
  entity_type: string | null;
  user_id: string | null;
  /** ISO 8601 in UTC, both: to the millisecond as XTDB has them, to the microsecond as the store does. */
  valid_time: string;
  tx_time: string;
  /** XTDB's transaction id, in digits. */
  tx: string;
  /** JSON text; null is a delete. */
  doc: string | null;
  /** JSON text; null where the document and its schema say all. */
  hints: string | null;
};

/** Why today's schema would refuse a document that history holds all the same. */
export type Nonconformity = { field: string; reason: string };
