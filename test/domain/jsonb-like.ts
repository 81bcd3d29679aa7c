import { parseDecimal, plainDecimalText } from '../../src/domain/edn/decimal.ts';
import { JsonNumber, type JsonObject, type JsonValue } from '../../src/domain/json/json-value.ts';
import { parseJson } from '../../src/domain/json/parse-json.ts';
import { writeJson } from '../../src/domain/json/write-json.ts';

const byLengthThenText = (a: string, b: string): number => {
  const length = Buffer.byteLength(a) - Buffer.byteLength(b);
  return length === 0 ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : length;
};

const number = (text: string): JsonNumber => {
  const decimal = parseDecimal(text);
  if (decimal === null) throw new Error(`jsonb takes no number ${text}`);
  const plain = plainDecimalText(decimal);
  // numeric has no minus zero.
  return new JsonNumber(/^-0(\.0*)?$/.test(plain) ? plain.slice(1) : plain);
};

const text = (value: string): string => {
  if (value.includes('\0') || !value.isWellFormed()) throw new Error(`jsonb takes no text ${JSON.stringify(value)}`);
  return value;
};

const stored = (value: JsonValue): JsonValue => {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return number(String(value));
  if (value instanceof JsonNumber) return number(value.text);
  if (value === null || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(stored);
  const object: JsonObject = Object.create(null);
  for (const key of Object.keys(value).sort(byLengthThenText)) object[text(key)] = stored(value[key] ?? null);
  return object;
};

/** JSON text as Postgres' jsonb would give it back: keys in its order, numbers as numeric prints them; it refuses what jsonb refuses. */
export const throughJsonb = (json: string): string => writeJson(stored(parseJson(json)));
