import { JsonSource } from './json-source.ts';
import { RequestError } from './request-error.ts';

/** Of serde_json, which Neon parses bodies with. */
const MAX_DEPTH = 128;

/**
 * A JSON parameter as Postgres text: strings as they are, arrays as array literals, all else as its JSON text.
 *
 * A newline in a string within an array becomes backslash-n in the literal, which Postgres reads as `n`: so does
 * Neon's, and it is kept.
 */
export function parameterText(value: unknown): string | null {
  if (value === null) return null;
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return arrayLiteral(value, 1);
  return JSON.stringify(value);
}

function arrayLiteral(items: unknown[], depth: number): string {
  if (depth > MAX_DEPTH) {
    throw new RequestError(400, 'could not parse the HTTP request body: recursion limit exceeded');
  }
  return `{${items.map((item) => arrayItem(item, depth)).join(',')}}`;
}

function arrayItem(item: unknown, depth: number): string {
  if (item === null) return 'NULL';
  if (Array.isArray(item)) return arrayLiteral(item, depth + 1);
  if (typeof item === 'object' && !JsonSource.isRawJSON(item)) return JSON.stringify(JSON.stringify(item));
  return JSON.stringify(item);
}
