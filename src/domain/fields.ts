import * as z from 'zod';
import { isKeywordName } from './edn/keyword-name.ts';
import { canonicalInstant } from './time/instant.ts';
import { isLocalDate } from './time/local-date.ts';

/** What a field holds: its form in JSON, its type in XTDB, and what a hint need not say. */
export type FieldKind =
  | 'text'
  | 'keyword'
  | 'keywords'
  | 'instant'
  | 'inst'
  | 'local_date'
  | 'long'
  | 'double'
  | 'number'
  | 'bool'
  | 'bool_or_keyword'
  | 'ref'
  | 'refs'
  | 'json';

export type Unit = 'bpm' | 'mmHg' | '%';

type FieldFacts = {
  kind: FieldKind;
  /** The keywords that are allowed; undefined when any is. */
  values?: readonly string[];
  /** The entity type that a relation leads to. */
  target?: string;
  isOptional?: boolean;
  isNullable?: boolean;
  measuredIn?: Unit;
  /** XTDB attributes without their colon: the one that is written, then others that are read. Empty: derived. */
  attributes?: readonly string[];
};

/** One field of an entity type: the schema of its JSON and what the codec, the views and the forms need to know. */
export class Field<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  readonly facts: FieldFacts;
  constructor(schema: S, facts: FieldFacts) {
    this.schema = schema;
    this.facts = facts;
  }

  /** The field may be missing. */
  optional(): Field<z.ZodOptional<S>> {
    return new Field(this.schema.optional(), { ...this.facts, isOptional: true });
  }

  /** The field may be null, which is not the same as missing. */
  nullable(): Field<z.ZodNullable<S>> {
    return new Field(this.schema.nullable(), { ...this.facts, isNullable: true });
  }

  unit(unit: Unit): Field<S> {
    return new Field(this.schema, { ...this.facts, measuredIn: unit });
  }

  /** The XTDB attribute where it is not the type's namespace and the field's name; the others are older names. */
  attribute(...names: readonly [string, ...string[]]): Field<S> {
    return new Field(this.schema, { ...this.facts, attributes: names });
  }
}

export const text = () => new Field(z.string(), { kind: 'text' });

/** One keyword of a few. */
export const keyword = <const V extends readonly [string, ...string[]]>(values: V) =>
  new Field(z.enum(values), { kind: 'keyword', values });

const sortedSet = <T extends string>(items: T[]): T[] => [...new Set(items)].sort();

/** A set of keywords of a few; in JSON an array in alphabetical order. */
export const keywords = <const V extends readonly [string, ...string[]]>(values: V) =>
  new Field(z.array(z.enum(values)).overwrite(sortedSet), { kind: 'keywords', values });

/** A set of any keywords. */
export const anyKeywords = () =>
  new Field(z.array(z.string().refine(isKeywordName, 'is not a keyword')).overwrite(sortedSet), { kind: 'keywords' });

const instantSchema = () =>
  z
    .string()
    .refine(
      (value) => canonicalInstant(value) !== null,
      'is not an instant: write 2026-07-01T12:00:00Z, or with an offset',
    )
    .overwrite((value) => canonicalInstant(value) ?? value)
    .meta({ format: 'date-time' });

/** An instant to the nanosecond; ISO 8601 with Z or an offset comes in, UTC goes out. */
export const instant = () => new Field(instantSchema(), { kind: 'instant' });

const toMilliseconds = (value: string): string => {
  const [seconds, fraction = ''] = (canonicalInstant(value) ?? value).slice(0, -1).split('.');
  return `${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
};

/** A java.util.Date: an instant to the millisecond. */
export const inst = () => new Field(instantSchema().overwrite(toMilliseconds), { kind: 'inst' });

/** A date in no time zone. */
export const localDate = () =>
  new Field(z.string().refine(isLocalDate, 'is not a date: write 2026-07-01').meta({ format: 'date' }), {
    kind: 'local_date',
  });

/** An integer. */
export const long = () => new Field(z.int(), { kind: 'long' });

/** A number that is a double in XTDB even when it is whole. */
export const double = () => new Field(z.number(), { kind: 'double' });

/** A number of any type. */
export const number = () => new Field(z.number(), { kind: 'number' });

export const bool = () => new Field(z.boolean(), { kind: 'bool' });

/** True, false, or one keyword that says why neither. */
export const boolOr = <const V extends string>(value: V) =>
  new Field(z.union([z.boolean(), z.literal(value)]), { kind: 'bool_or_keyword', values: [value] });

const id = () => z.guid().overwrite((value) => value.toLowerCase());

/** The id of an entity of another type. */
export const ref = (target: string) => new Field(id(), { kind: 'ref', target });

/** A set of ids of another type; in JSON an array in order. */
export const refs = (target: string) => new Field(z.array(id()).overwrite(sortedSet), { kind: 'refs', target });

/** A nested map that no schema describes. */
export const json = () => new Field(z.record(z.string(), z.unknown()), { kind: 'json' });

/** Where a record came from when it was ported from Airtable. */
export const airtable = () => ({
  airtable_id: text().attribute('airtable/id').optional(),
  airtable_created_time: instant().attribute('airtable/created-time').optional(),
  airtable_ported_at: instant().attribute('airtable/ported-at').optional(),
});
