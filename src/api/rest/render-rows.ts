import type { EntityType } from '../../domain/define-entity-type.ts';
import { isJsonObject, type JsonValue } from '../../domain/json/json-value.ts';
import { parseJson } from '../../domain/json/parse-json.ts';
import { writeJson } from '../../domain/json/write-json.ts';
import { columnNames } from './columns.ts';
import { writeCsv } from './csv.ts';
import { exactRow } from './exact-row.ts';
import type { MediaType } from './media-type.ts';
import type { SelectItem } from './parse-select.ts';
import type { PlannedEmbed } from './plan-embeds.ts';
import { RestProblem } from './rest-problem.ts';

interface Row {
  readonly body: string | null;
  readonly hints: string | null;
}

/** The body of an answer. @throws RestProblem PGRST116 (406) when one object is asked for and there are none or several */
export function renderRows(
  rows: readonly Row[],
  { form, isNullsStripped }: MediaType,
  type: EntityType,
  items: readonly SelectItem[],
  embeds: readonly PlannedEmbed[],
): string {
  if (form === 'object' && rows.length !== 1) throw notSingular(rows.length);
  const exact = rows.map(({ body, hints }) => exactRow(body ?? 'null', hints, items, embeds));
  const texts = isNullsStripped ? exact.map((text) => writeJson(withoutNulls(parseJson(text)))) : exact;
  if (form === 'csv')
    return writeCsv(
      texts,
      items.flatMap((item) => (item.kind === 'all' ? columnNames(type) : [item.alias])),
    );
  return form === 'object' ? (texts[0] ?? 'null') : `[${texts.join(',\n ')}]`;
}

/** PGRST116 (406). @param rows how many there are where one was asked for */
export const notSingular = (rows: number): RestProblem =>
  new RestProblem(406, 'PGRST116', 'Cannot coerce the result to a single JSON object', {
    details: `The result contains ${rows} rows`,
  });

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept: { [key: string]: JsonValue } = Object.create(null);
  for (const [key, member] of Object.entries(value)) if (member !== null) kept[key] = withoutNulls(member);
  return kept;
}
