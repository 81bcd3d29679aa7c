import type { FieldKind } from '../../domain/fields.ts';
import type { JsonValue } from '../../domain/json/json-value.ts';
import { JsonSyntaxError, parseJson } from '../../domain/json/parse-json.ts';
import { instantOf } from '../../domain/time/zoned-time.ts';

/** What a cell is not, as a predicate. */
export class CellError extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'CellError';
  }
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LOCAL = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?$/;
/** Airtable's checkboxes are `checked` or empty. */
const TRUE: ReadonlySet<string> = new Set(['true', 'yes', 't', 'y', '1', 'checked']);
const FALSE: ReadonlySet<string> = new Set(['false', 'no', 'f', 'n', '0']);

/**
 * A cell's text as a value of a field's kind; the entity type's schema has the last word on it.
 * @param zone of dates and clock times in fields of instants; null where the record says none
 * @throws CellError
 */
export function csvValue(text: string, kind: FieldKind, zone: string | null): JsonValue {
  switch (kind) {
    case 'long':
    case 'double':
    case 'number':
      if (!NUMBER.test(text)) throw new CellError('is not a number');
      return parseJson(text);
    case 'bool':
      return boolean(text) ?? fail('is neither true nor false');
    case 'bool_or_keyword':
      return boolean(text) ?? text;
    case 'instant':
    case 'inst':
      return instant(text, zone);
    case 'keywords':
    case 'refs':
      return text.startsWith('[') ? json(text) : items(text);
    case 'json':
      return json(text);
    default:
      return text;
  }
}

function fail(why: string): never {
  throw new CellError(why);
}

function boolean(text: string): boolean | null {
  const word = text.toLowerCase();
  return TRUE.has(word) ? true : FALSE.has(word) ? false : null;
}

/** A date alone is its first moment. */
function instant(text: string, zone: string | null): string {
  const [, date, time = '00:00'] = LOCAL.exec(text) ?? [];
  if (date === undefined || Number.isNaN(Date.parse(`${date}T${time}Z`))) return text;
  if (zone === null) fail('has no time zone: write an offset, or map or set time_zone');
  return instantOf(`${date}T${time}`, zone);
}

function items(text: string): string[] {
  return text
    .split(/[,;|]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function json(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new CellError(`is not JSON: ${error.message}`);
    throw error;
  }
}
