import fc from 'fast-check';
import { hostile } from './from-schema.ts';

const field = fc.oneof(
  fc.constantFrom(
    'id',
    'label',
    'timestamp',
    'notes',
    'archived',
    'habit_ids',
    'created_at',
    'version',
    '"x/y"',
    'doc->x',
    'notes->>a',
  ),
  fc.stringMatching(/^[a-z_]{1,8}$/),
);
const operator = fc.constantFrom(
  'eq',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
  'like',
  'ilike',
  'is',
  'isdistinct',
  'in',
  'cs',
  'cd',
  'ov',
  'fts',
  'match',
  'not.eq',
  'not.in',
  'eq(any)',
  'like(all)',
);
const scalar = fc.oneof(
  fc.constantFrom('null', 'true', 'not_null', '2026-01-01', '2026-01-01T00:00:00Z', '"a,b"', 'a*', '*'),
  fc.integer().map(String),
  fc.uuid(),
  hostile,
);
const operand = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }).map((members) => `(${members.join(',')})`),
  fc.array(scalar, { maxLength: 4 }).map((members) => `{${members.join(',')}}`),
);
const test = fc.tuple(operator, operand).map(([op, value]) => `${op}.${value}`);
const logic = fc.letrec<{ group: string }>((tie) => ({
  group: fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: fc.tuple(field, test).map(([name, text]) => `${name}.${text}`) },
        fc
          .tuple(fc.constantFrom('and', 'or', 'not.and', 'not.or'), tie('group'))
          .map(([joint, group]) => joint + group),
      ),
      { maxLength: 3 },
    )
    .map((members) => `(${members.join(',')})`),
})).group;
const select = fc
  .array(
    fc.oneof(
      field,
      fc.tuple(field, field).map(([alias, name]) => `${alias}:${name}`),
      fc.tuple(field, fc.constantFrom('text', 'int', 'nothing')).map(([name, type]) => `${name}::${type}`),
      fc.constantFrom('*', 'habits:habit_ids(label)', 'habit(id,label)', '...habit(label)', 'count()', 'version.max()'),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(','));
const order = fc
  .array(
    fc
      .tuple(field, fc.constantFrom('', '.asc', '.desc', '.desc.nullslast', '.nullsfirst', '.up'))
      .map((parts) => parts.join('')),
    { maxLength: 3 },
  )
  .map((parts) => parts.join(','));

const pair = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(field, test) },
  fc.tuple(fc.constantFrom('and', 'or', 'not.or'), logic),
  fc.tuple(fc.constant('select'), select),
  fc.tuple(fc.constant('order'), order),
  fc.tuple(
    fc.constantFrom('limit', 'offset', 'after', 'show', 'valid_time', 'tx_time', 'on_conflict', 'columns'),
    scalar,
  ),
);

/** One character of the text taken out, doubled, or changed. */
const mutated = (text: string) =>
  fc.tuple(fc.nat(), fc.constantFrom('', '(', ')', '.', ',', '"', '\\', '\0', '>')).map(([at, by]) => {
    const place = text.length === 0 ? 0 : at % text.length;
    return text.slice(0, place) + by + text.slice(place + (at % 2));
  });

/** Addresses under /rest/v1 by the grammar of docs/rest.md, a third of them a character off. */
export const restPaths: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('habit', 'habit_log', 'task', 'exercise_session', 'nothing'), fc.array(pair, { maxLength: 4 }))
  .chain(([type, pairs]) =>
    fc
      .tuple(
        ...pairs.map(([name, text]) =>
          fc
            .oneof({ weight: 2, arbitrary: fc.constant(text) }, mutated(text))
            .map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`),
        ),
      )
      .map((parameters) => `/rest/v1/${type}?${parameters.join('&')}`),
  );
