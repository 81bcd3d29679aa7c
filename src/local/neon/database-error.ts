/** The fields of a Postgres ErrorResponse under the names of Neon's JSON, in the order of Neon's JSON. */
const FIELDS = [
  ['message', 'M'],
  ['code', 'C'],
  ['detail', 'D'],
  ['hint', 'H'],
  ['position', 'P'],
  ['internalPosition', 'p'],
  ['internalQuery', 'q'],
  ['severity', 'S'],
  ['where', 'W'],
  ['table', 't'],
  ['column', 'c'],
  ['schema', 's'],
  ['dataType', 'd'],
  ['constraint', 'n'],
  ['file', 'F'],
  ['line', 'L'],
  ['routine', 'R'],
] as const;

export type ErrorFields = { [name in (typeof FIELDS)[number][0]]: string | null };

/** Postgres said no: its own fields. */
export class DatabaseError extends Error {
  override name = 'DatabaseError';
  readonly fields: ErrorFields;

  constructor(fields: ErrorFields) {
    super(fields.message ?? '');
    this.fields = fields;
  }
}

/** Reads the body of an ErrorResponse. */
export function readDatabaseError(buffer: Buffer, start: number, end: number): DatabaseError {
  const sent = new Map<string, string>();
  for (let at = start; at < end && buffer[at] !== 0; ) {
    const stop = buffer.indexOf(0, at + 1);
    sent.set(buffer.toString('latin1', at, at + 1), buffer.toString('utf8', at + 1, stop));
    at = stop + 1;
  }
  return new DatabaseError(
    Object.fromEntries(FIELDS.map(([name, letter]) => [name, sent.get(letter) ?? null])) as ErrorFields,
  );
}

/** The fields of an error that has no Postgres error behind it. */
export function plainFields(message: string): ErrorFields {
  const fields = Object.fromEntries(FIELDS.map(([name]) => [name, null])) as ErrorFields;
  return { ...fields, message, code: '', severity: '' };
}
