import { docForJson } from '../../domain/codec/doc-for-json.ts';
import { pointerStep } from '../../domain/codec/pointer.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json/json-value.ts';
import { parseJson } from '../../domain/json/parse-json.ts';
import { writeJson } from '../../domain/json/write-json.ts';
import type { SelectItem } from './parse-select.ts';
import type { PlannedEmbed } from './plan-embeds.ts';

/**
 * A row's JSON with the texts put back that jsonb could not hold. Few rows have any, and only those are read here.
 * @param hints the JSON array of rowSql: the row's own hints, then those of each embedded relation's rows
 */
export function exactRow(
  body: string,
  hints: string | null,
  items: readonly SelectItem[],
  embeds: readonly PlannedEmbed[],
): string {
  if (hints === null) return body;
  const [own, ...others] = asArray(parseJson(hints));
  const row = parseJson(withHints(body, own, items));
  if (!isJsonObject(row)) return body;
  for (const [index, { embed }] of embeds.entries()) {
    const nested = row[embed.alias];
    const hinted = others[index] ?? null;
    if (nested === undefined || nested === null || hinted === null) continue;
    const ofRow = (value: JsonValue, hint: JsonValue | undefined): JsonValue =>
      parseJson(withHints(writeJson(value), hint, embed.items));
    row[embed.alias] = Array.isArray(nested)
      ? nested.map((value, n) => ofRow(value, asArray(hinted)[n]))
      : ofRow(nested, asArray(hinted)[0]);
  }
  return writeJson(row);
}

const asArray = (value: JsonValue): JsonValue[] => (Array.isArray(value) ? value : []);

function withHints(body: string, hints: JsonValue | undefined, items: readonly SelectItem[]): string {
  if (!isJsonObject(hints)) return body;
  return docForJson(body, writeJson(movedHints(hints, items)));
}

/** Hints point into the doc; an answer may have its fields under other names. */
function movedHints(hints: JsonObject, items: readonly SelectItem[]): JsonObject {
  const moved: JsonObject = Object.create(null);
  for (const [pointer, hint] of Object.entries(hints)) {
    const mark = pointer.startsWith('#') ? '#' : '';
    const steps = pointer.slice(mark.length);
    for (const item of items) {
      if (item.kind === 'all') moved[pointer] = hint;
      if (item.kind !== 'field') continue;
      const from = [item.field.name, ...item.field.path].map(pointerStep).join('');
      if (steps === from || steps.startsWith(`${from}/`))
        moved[`${mark}${pointerStep(item.alias)}${steps.slice(from.length)}`] = hint;
    }
  }
  return moved;
}
