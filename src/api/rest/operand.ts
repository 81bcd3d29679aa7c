import { MAX_JSON_DIGITS } from '../../domain/codec/json-number.ts';
import { isUuid } from '../../domain/edn/tags.ts';
import { JsonSyntaxError, parseJson } from '../../domain/json/parse-json.ts';
import { writeJson } from '../../domain/json/write-json.ts';
import { canonicalInstant } from '../../domain/time/instant.ts';
import { isLocalDate } from '../../domain/time/local-date.ts';
import type { ColumnKind } from './columns.ts';
import type { Parameters } from './parameters.ts';
import { parseSet } from './parse-filter.ts';
import { badOperand } from './rest-problem.ts';

/** Whatever a document may hold, as Postgres writes it: 1,000 digits and, of an exponent, as many zeros. */
const NUMBER = new RegExp(
  `^[+-]?(?:\\d{1,${2 * MAX_JSON_DIGITS}}(?:\\.\\d{0,${MAX_JSON_DIGITS}})?|\\.\\d{1,${MAX_JSON_DIGITS}})(?:[eE][+-]?\\d{1,4})?$`,
);
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** What a filter's text stands for beside a column: SQL of the column's type, and the JSON to look for in an index. */
export interface Operand {
  readonly sql: string;
  /** Null where no single JSON value is equal to it. */
  readonly json: string | null;
}

/** @throws RestProblem 22P02 for text that is no value of the column's type */
export function operand(kind: ColumnKind, text: string, parameters: Parameters): Operand {
  switch (kind) {
    case 'uuid':
    case 'reference': {
      const id = text.toLowerCase();
      if (!isUuid(id)) throw badOperand('uuid', text);
      return { sql: `${parameters.add(id)}${kind === 'uuid' ? '::uuid' : ''}`, json: JSON.stringify(id) };
    }
    case 'instant':
      return { sql: `${parameters.add(instantText(text))}::timestamptz`, json: null };
    case 'date':
      if (!/^\d{4}-/.test(text) || !isLocalDate(text) || text.startsWith('0000')) throw badOperand('date', text);
      return { sql: `${parameters.add(text)}::date`, json: JSON.stringify(text) };
    case 'number':
      if (!NUMBER.test(text)) throw badOperand('numeric', text);
      return { sql: `${parameters.add(text)}::numeric`, json: JSON_NUMBER.test(text) ? text : null };
    case 'boolean': {
      const value = /^(true|t|yes|on|1)$/i.test(text) ? 'true' : /^(false|f|no|off|0)$/i.test(text) ? 'false' : null;
      if (value === null) throw badOperand('boolean', text);
      return { sql: value, json: value };
    }
    case 'set': {
      const json = setText(text);
      return { sql: `${parameters.add(json)}::jsonb`, json: null };
    }
    case 'json': {
      return { sql: `${parameters.add(jsonOperand(text))}::jsonb`, json: null };
    }
    case 'boolean_or_text':
      return { sql: parameters.add(text), json: text === 'true' || text === 'false' ? text : JSON.stringify(text) };
    case 'text':
    case 'any':
      return { sql: parameters.add(text), json: kind === 'text' ? JSON.stringify(text) : null };
  }
}

/** The members of a set, written `{a,b}` or `["a","b"]`. */
export function setMembers(text: string): string[] {
  if (text.startsWith('{')) return parseSet(text);
  const json = readJson(text);
  if (!Array.isArray(json) || !json.every((member) => typeof member === 'string')) throw badOperand('set', text);
  return json;
}

/** A filter's text as JSON. @throws RestProblem 22P02 for what is no JSON, or what jsonb refuses */
export const jsonOperand = (text: string): string => {
  const json = writeJson(readJson(text));
  // What jsonb refuses can be equal to nothing in it.
  if (/\\u0000|\\ud[89a-f]/i.test(json)) throw badOperand('json', text);
  return json;
};

const setText = (text: string): string => jsonOperand(JSON.stringify([...new Set(setMembers(text))].sort()));

function readJson(text: string) {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badOperand('json', text);
    throw error;
  }
}

/** An instant, a date (at 00:00 UTC), or a time without a zone (UTC), in years that Postgres reads so. */
function instantText(text: string): string {
  // A plus that was not encoded comes as a space.
  const zoned = text.replace(/ (\d\d(?::?\d\d)?)$/, '+$1').replace(' ', 'T');
  const whole = /^\d{4}-\d\d-\d\d$/.test(zoned)
    ? `${zoned}T00:00:00Z`
    : /(?:[Zz]|[+-]\d\d(?::?\d\d)?)$/.test(zoned.slice(10))
      ? zoned
      : `${zoned}Z`;
  const canonical = canonicalInstant(whole);
  if (canonical === null || !/^(?!0000)\d{4}-/.test(canonical)) throw badOperand('timestamp with time zone', text);
  return canonical;
}
