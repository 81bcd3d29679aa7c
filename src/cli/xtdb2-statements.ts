import type pg from 'pg';
import { attributeTable } from '../domain/codec/attributes.ts';
import { fitsLong } from '../domain/edn/number.ts';
import { isUuid } from '../domain/edn/tags.ts';
import { entityType } from '../domain/entity-type.ts';
import type { FieldKind } from '../domain/fields.ts';
import { isJsonObject, JsonNumber, type JsonValue } from '../domain/json/json-value.ts';
import { parseJson } from '../domain/json/parse-json.ts';

const PAGE_ROWS = 500;
/** The table of documents that say no type. */
const NO_TYPE = 'untyped';

interface Row {
  readonly entity_id: string;
  readonly entity_type: string;
  readonly user_id: string | null;
  readonly tx_time: string;
  readonly valid_from: string;
  readonly valid_to: string | null;
  /** All types that the entity ever had: a table each. */
  readonly types: readonly string[];
  readonly doc: string | null;
}

/**
 * The log as SQL for XTDB 2: a transaction a transaction time, with that as its system time. A version stands for the valid times up to the
 * next version that was known when it was written, which is what rule R1 (design, "History") makes of the log; so XTDB 2 answers every
 * (valid time, transaction time) as Annals does. Rows of one transaction time are applied in the order of their transactions.
 * @returns how many rows of the log the lines are of, page by page
 */
export async function* xtdb2Statements(client: pg.Client): AsyncGenerator<{ rows: number; lines: string[] }> {
  await client.query('begin transaction isolation level repeatable read, read only');
  try {
    await client.query(
      `declare history no scroll cursor for
      select e.entity_id::text, coalesce(e.entity_type, '${NO_TYPE}') as entity_type, coalesce(e.user_id, c.user_id)::text as user_id,
        iso(e.tx_time) as tx_time, iso(e.valid_time) as valid_from,
        (select iso(min(n.valid_time)) from event_log n
          where n.entity_id = e.entity_id and n.valid_time > e.valid_time and n.tx_time <= e.tx_time) as valid_to,
        array(select distinct coalesce(o.entity_type, '${NO_TYPE}') from event_log o
          where o.entity_id = e.entity_id and o.doc is not null) as types,
        e.doc::text
      from event_log e left join entities c using (entity_id)
      order by e.tx_time, e.tx, e.seq`,
    );
    let open: string | null = null;
    for (;;) {
      const { rows } = await client.query<Row>(`fetch ${PAGE_ROWS} from history`);
      const lines: string[] = [];
      for (const row of rows) {
        if (row.tx_time !== open) {
          if (open !== null) lines.push('COMMIT;');
          lines.push(`BEGIN READ WRITE WITH (SYSTEM_TIME = ${timestamp(row.tx_time)});`);
          open = row.tx_time;
        }
        for (const type of row.types) {
          if (row.doc === null || type !== row.entity_type) lines.push(deletion(type, row));
        }
        if (row.doc !== null) lines.push(insertion(row, row.doc));
      }
      if (rows.length === 0 && open !== null) lines.push('COMMIT;');
      yield { rows: rows.length, lines };
      if (rows.length === 0) return;
    }
  } finally {
    await client.query('rollback');
  }
}

function deletion(type: string, { entity_id, valid_from, valid_to }: Row): string {
  const to = valid_to === null ? 'NULL' : timestamp(valid_to);
  return `DELETE FROM ${quoted(type)} FOR PORTION OF VALID_TIME FROM ${timestamp(valid_from)} TO ${to} WHERE _id = UUID '${entity_id}';`;
}

function insertion({ entity_id, entity_type, user_id, valid_from, valid_to }: Row, text: string): string {
  const doc = parseJson(text);
  const fields = attributeTable(entityType(entity_type)).byName;
  const members = isJsonObject(doc)
    ? Object.entries(doc).map(
        ([name, value]) => `${quoted(name)}: ${literal(value, fields.get(name)?.field.facts.kind)}`,
      )
    : [];
  const envelope = [
    `_id: UUID '${entity_id}'`,
    `_valid_from: ${timestamp(valid_from)}`,
    ...(valid_to === null ? [] : [`_valid_to: ${timestamp(valid_to)}`]),
    ...(user_id === null ? [] : [`"user_id": UUID '${user_id}'`]),
  ];
  return `INSERT INTO ${quoted(entity_type)} RECORDS {${[...envelope, ...members].join(', ')}};`;
}

/** A value as its schema means it; what the schema would refuse stays what JSON says it is. */
function literal(value: JsonValue, kind: FieldKind | undefined): string {
  if (value === null) return 'NULL';
  if (value instanceof JsonNumber) return number(value.text);
  if (typeof value === 'number') return number(String(value));
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) {
    return `[${value.map((member) => literal(member, kind === 'refs' ? 'ref' : undefined)).join(', ')}]`;
  }
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, member]) => `${quoted(name)}: ${literal(member, undefined)}`)
      .join(', ')}}`;
  }
  if (kind === 'ref' && isUuid(value)) return `UUID '${value}'`;
  if (kind === 'local_date' && /^\d{4}-\d\d-\d\d$/.test(value)) return `DATE '${value}'`;
  if ((kind === 'instant' || kind === 'inst') && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return timestamp(value);
  return text(value);
}

/** XTDB 2 reads an integer as 64 bits, its sign apart, and refuses a longer one. */
function number(digits: string): string {
  return /^-?\d+$/.test(digits) && !fitsLong(digits.replace('-', '')) ? text(digits) : digits;
}

/** A plain literal of XTDB 2 holds no line end. */
function text(value: string): string {
  if (!value.includes('\n')) return `'${value.replaceAll("'", "''")}'`;
  return `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}

const timestamp = (iso: string): string => `TIMESTAMP '${iso}'`;
/** Quoted always: `user`, `timestamp` and `end` are words of SQL. A namespace's slash is a `$` there. */
const quoted = (name: string): string => `"${name.replaceAll('"', '""').replaceAll('/', '$')}"`;
