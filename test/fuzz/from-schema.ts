import fc from 'fast-check';

/** The part of JSON Schema that zod writes. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Words that are known to mean something to the service, by what they are: without them nothing would be found. */
export interface Vocabulary {
  readonly ids: readonly string[];
  readonly texts: readonly string[];
}

const MAX_ITEMS = 3;
const MAX_KEYS = 4;

export const hostile: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '\0',
    '\ud800',
    '"',
    "'; drop table entities; --",
    '💥',
    '%',
    '../..',
    '{}',
    '-1',
    '1e400',
    '9'.repeat(40),
  ),
);

/** Values of a schema, and one in eight that it does not allow. */
export function fromSchema(
  schema: Schema,
  root: Readonly<Record<string, Schema>>,
  words: Vocabulary,
): fc.Arbitrary<unknown> {
  const build = (part: Schema): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 7, arbitrary: fitting(part) }, { weight: 1, arbitrary: fc.oneof(fc.jsonValue(), hostile) });
  const fitting = (part: Schema): fc.Arbitrary<unknown> => {
    if (part.$ref !== undefined) return fitting(root[part.$ref.split('/').at(-1) ?? ''] ?? {});
    if ('const' in part) return fc.constant(part.const);
    if (part.enum !== undefined) return fc.constantFrom(...part.enum);
    const choices = part.oneOf ?? part.anyOf;
    if (choices !== undefined)
      return fc.integer({ min: 0, max: choices.length - 1 }).chain((n) => build(choices[n] ?? {}));
    switch (part.type) {
      case 'object':
        return objectOf(part);
      case 'array':
        return fc.array(build(part.items ?? {}), { minLength: part.minItems ?? 0, maxLength: MAX_ITEMS });
      case 'string':
        return textOf(part);
      case 'integer':
        return fc.integer({ min: clamp(part.minimum, -1_000), max: clamp(part.maximum, 100_000) });
      case 'number':
        return fc.double({ noNaN: true });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default:
        return fc.oneof(
          fc.jsonValue(),
          fc.dictionary(fc.constantFrom(...words.texts), fc.jsonValue(), { maxKeys: MAX_KEYS }),
        );
    }
  };
  const objectOf = ({ properties = {}, required = [], additionalProperties, propertyNames }: Schema) => {
    const known = fc.record(Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, build(part)])), {
      requiredKeys: [...required],
    });
    if (additionalProperties === false) return known;
    const more = fc.dictionary(
      propertyNames === undefined ? fc.oneof(fc.constantFrom(...words.texts), hostile) : textOf(propertyNames),
      build(typeof additionalProperties === 'object' ? additionalProperties : {}),
      { maxKeys: 2 },
    );
    return fc.tuple(known, more).map(([one, other]) => ({ ...other, ...one }));
  };
  const textOf = ({ format, pattern }: Schema): fc.Arbitrary<string> => {
    if (format === 'uuid') return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words.ids) }, fc.uuid());
    if (format === 'date-time') {
      return fc
        .date({ noInvalidDate: true, min: new Date('0000-01-01Z'), max: new Date('9999-12-31Z') })
        .map((date) => date.toISOString());
    }
    if (format === 'date')
      return fc.date({ noInvalidDate: true, min: new Date(0) }).map((date) => date.toISOString().slice(0, 10));
    if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
    return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...words.texts) }, hostile);
  };
  return build(schema);
}

const clamp = (limit: number | undefined, usual: number): number =>
  limit === undefined || Math.abs(limit) > 1e9 ? usual : limit;
