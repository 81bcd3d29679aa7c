import type { Database } from './database.ts';

/** A row of a list: its JSON as text, what its texts may need (see rowSql), and its place in the order. */
export interface RestRow {
  readonly id: string;
  readonly version: string;
  readonly body: string;
  readonly hints: string | null;
  readonly place: string;
}

export interface RestPage {
  /** How many rows the whole list has, where that was asked. */
  readonly total: number | null;
  readonly rows: readonly RestRow[];
}

type Answered = { total: string | null } & (RestRow | { id: null });

/** Runs a compiled read, in one request. @param parameters the value of `$1` */
export async function restRead(
  database: Database,
  userId: string,
  text: string,
  parameters: string,
): Promise<RestPage> {
  const rows = await database.read<Answered>('rest_read', userId, text, [parameters]);
  const total = rows[0]?.total ?? null;
  return { total: total === null ? null : Number(total), rows: rows.filter((row) => row.id !== null) };
}
