/** A row of a read that answers records: JSON text, for numbers that JSON.parse would round, and the hints its text may need. */
export interface StoredRecord {
  readonly version: string;
  readonly record: string;
  readonly hints: string | null;
}

/** The columns that make a StoredRecord of `s`, a row of live_entities or of state_at(). */
export const RECORD_COLUMNS =
  'entity_record(row(s.*)::entity_state)::text as record, s.hints::text as hints, s.version::text as version';
