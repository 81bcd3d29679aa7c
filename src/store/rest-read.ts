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

/** A statement whose `$1` is `parameters`. */
export interface RestStatement {
  readonly text: string;
  readonly parameters: string;
}

/** The same read over the type's projection, from which it takes these fields with these kinds. */
export interface ProjectedStatement extends RestStatement {
  readonly entity_type: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Runs a compiled read, in one request; over the projection where the database has it. */
export async function restRead(
  database: Database,
  userId: string,
  { text, parameters }: RestStatement,
  projected: ProjectedStatement | null,
): Promise<RestPage> {
  const rows =
    projected === null
      ? await database.read<Answered>('rest_read', userId, text, [parameters])
      : await database.read<Answered>('rest_read_projected', userId, REST_READ, [
          projected.entity_type,
          JSON.stringify(projected.fields),
          projected.text,
          projected.parameters,
          text,
          parameters,
        ]);
  const total = rows[0]?.total ?? null;
  return { total: total === null ? null : Number(total), rows: rows.filter((row) => row.id !== null) };
}

const REST_READ = 'select * from rest_read($1::text, $2::jsonb, $3::text, $4::text[], $5::text, $6::text[])';
