import fc from 'fast-check';
import { at, type Doc, type Event, type Life } from './histories.ts';

/** What a list should answer, worked out in memory from the events alone, and random questions to ask both. */

export interface Question {
  readonly filter: Condition | null;
  readonly order: readonly {
    readonly name: string;
    readonly direction: 'asc' | 'desc';
    readonly nulls: 'first' | 'last';
  }[];
  readonly limit: number;
  readonly offset: number;
  readonly show: readonly ('deleted' | 'sensitive' | 'archived')[];
  /** Minutes; null is now. */
  readonly moment: { readonly valid: number; readonly tx: number } | null;
}

type Condition =
  | {
      readonly kind: 'group';
      readonly joint: 'and' | 'or';
      readonly negated: boolean;
      readonly members: readonly Condition[];
    }
  | {
      readonly kind: 'test';
      readonly name: string;
      readonly operator: string;
      readonly operand: string;
      readonly negated: boolean;
      readonly holds: (value: unknown) => boolean | null;
    };

type Test = Extract<Condition, { kind: 'test' }>;
const compares: Record<string, (order: number) => boolean> = {
  eq: (order) => order === 0,
  neq: (order) => order !== 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
};

const compareValues = (a: unknown, b: unknown): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  const [x, y] = [String(a), String(b)];
  return x < y ? -1 : x > y ? 1 : 0;
};

const scalar = (name: string, values: readonly (string | number | boolean)[]): fc.Arbitrary<Test> =>
  fc
    .record({
      operator: fc.constantFrom(...Object.keys(compares)),
      value: fc.constantFrom(...values),
      negated: fc.boolean(),
    })
    .map(({ operator, value, negated }) => ({
      kind: 'test',
      name,
      operator,
      operand: String(value),
      negated,
      holds: (given) =>
        given === undefined || given === null ? null : (compares[operator]?.(compareValues(given, value)) ?? null),
    }));

const oneOf = (name: string, values: readonly (string | number)[]): fc.Arbitrary<Test> =>
  fc
    .record({ members: fc.subarray([...values], { minLength: 1 }), negated: fc.boolean() })
    .map(({ members, negated }) => ({
      kind: 'test',
      name,
      operator: 'in',
      operand: `(${members.join(',')})`,
      negated,
      holds: (given) => (given === undefined ? null : members.some((member) => compareValues(given, member) === 0)),
    }));

const isNull = (name: string): fc.Arbitrary<Test> =>
  fc.boolean().map((negated) => ({
    kind: 'test',
    name,
    operator: 'is',
    operand: 'null',
    negated,
    holds: (given) => given === undefined,
  }));

const sets = (habits: readonly string[]): fc.Arbitrary<Test> =>
  fc
    .record({ operator: fc.constantFrom('cs', 'cd', 'ov'), members: fc.subarray([...habits]), negated: fc.boolean() })
    .map(({ operator, members, negated }) => ({
      kind: 'test',
      name: 'set_relation',
      operator,
      operand: `{${members.join(',')}}`,
      negated,
      holds: (given) => {
        const has = given as readonly string[];
        if (operator === 'cs') return members.every((member) => has.includes(member));
        if (operator === 'cd') return has.every((member) => members.includes(member));
        return members.some((member) => has.includes(member));
      },
    }));

const condition = (habits: readonly string[]): fc.Arbitrary<Condition> =>
  fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof<fc.Arbitrary<Test>[]>(
        scalar('label', ['a', 'b', 'c', 'ab', 'B', 'z']),
        scalar('num', [0, 1, 1.5, -2]),
        scalar('integer', [0, 1, 2]),
        scalar('float', [0.5, 1]),
        scalar('bool', [true, false]),
        scalar('other_text', ['a', 'b']),
        scalar('timestamp', [at(1), at(3)]),
        scalar('other_timestamp', [at(1), at(3)]),
        scalar('single_relation', habits),
        oneOf('label', ['a', 'b', 'zz']),
        oneOf('num', [0, 1, 10]),
        oneOf('single_relation', habits),
        isNull('float'),
        isNull('other_text'),
        sets(habits),
      ),
      fc
        .record({
          joint: fc.constantFrom('and' as const, 'or' as const),
          negated: fc.boolean(),
          members: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
        })
        .map((group): Condition => ({ kind: 'group', ...group })),
    ),
  })).condition;

export const question = ({ habits }: Life): fc.Arbitrary<Question> =>
  fc.record({
    filter: fc.option(condition(habits)),
    order: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('label', 'num', 'float', 'timestamp', 'bool', 'other_text', 'integer'),
        direction: fc.constantFrom('asc' as const, 'desc' as const),
        nulls: fc.constantFrom('first' as const, 'last' as const),
      }),
      { maxLength: 3, selector: ({ name }) => name },
    ),
    limit: fc.integer({ min: 1, max: 6 }),
    offset: fc.integer({ min: 0, max: 2 }),
    show: fc.subarray(['deleted', 'sensitive', 'archived'] as const),
    moment: fc.option(fc.record({ valid: fc.integer({ min: 0, max: 45 }), tx: fc.integer({ min: 0, max: 20 }) })),
  });

/** The question as PostgREST's clients write it. */
export function pathOf({ filter, order, limit, offset, show, moment }: Question): string {
  const query = new URLSearchParams({ select: 'id,set_relation(id)', limit: String(limit), offset: String(offset) });
  if (filter !== null) query.append('and', `(${text(filter)})`);
  if (order.length > 0)
    query.append('order', order.map(({ name, direction, nulls }) => `${name}.${direction}.nulls${nulls}`).join(','));
  if (show.length > 0) query.append('show', show.join(','));
  if (moment !== null) {
    query.append('valid_time', at(moment.valid));
    query.append('tx_time', at(moment.tx));
  }
  return `/rest/v1/cruddy?${query}`;
}

function text(filter: Condition): string {
  const not = filter.negated ? 'not.' : '';
  if (filter.kind === 'group') return `${not}${filter.joint}(${filter.members.map(text).join(',')})`;
  return `${filter.name}.${not}${filter.operator}.${filter.operand}`;
}

export interface Answer {
  readonly total: number;
  readonly page: readonly { readonly id: string; readonly set_relation: readonly string[] }[];
  /** All ids in order. */
  readonly ids: readonly string[];
}

export function expectedAnswer({ events }: Life, { filter, order, limit, offset, show, moment }: Question): Answer {
  const states = statesAt(
    events,
    moment === null ? null : { valid: Date.parse(at(moment.valid)), tx: Date.parse(at(moment.tx)) },
  );
  const hides = (doc: Doc): boolean =>
    (doc.sensitive === true && !show.includes('sensitive')) || (doc.archived === true && !show.includes('archived'));
  const isShown = (doc: Doc): boolean => !hides(doc) && (doc.deleted_at === undefined || show.includes('deleted'));
  const parents = (doc: Doc): string[] => [doc.single_relation, ...(doc.set_relation as string[])] as string[];
  const found = [...states]
    .filter(([, { entity_type }]) => entity_type === 'cruddy')
    .map(([id, { doc }]) => ({ id, doc }))
    .filter(({ doc }) => isShown(doc) && !parents(doc).some((parent) => hides(states.get(parent)?.doc ?? {})))
    .filter(({ doc }) => filter === null || holds(filter, doc) === true);
  const keys =
    order.length === 0 ? [{ name: 'timestamp', direction: 'desc' as const, nulls: 'first' as const }] : order;
  // The id settles what is equal, backwards where the time axis runs forwards: docs/rest.md.
  const idFactor = keys[0]?.name === 'timestamp' && keys[0].direction === 'asc' ? -1 : 1;
  found.sort((a, b) => {
    for (const { name, direction, nulls } of keys) {
      const [x, y] = [a.doc[name], b.doc[name]];
      if (x === undefined && y === undefined) continue;
      if (x === undefined || y === undefined) return (x === undefined) === (nulls === 'first') ? -1 : 1;
      const compared = compareValues(x, y);
      if (compared !== 0) return direction === 'asc' ? compared : -compared;
    }
    return compareValues(a.id, b.id) * idFactor;
  });
  const page = found.slice(offset, offset + limit).map(({ id, doc }) => ({
    id,
    set_relation: (doc.set_relation as string[])
      .filter(
        (habit) =>
          isShown(states.get(habit)?.doc ?? { sensitive: true, archived: true, deleted_at: '' }) && states.has(habit),
      )
      .sort(),
  }));
  return { total: found.length, page, ids: found.map(({ id }) => id) };
}

/** The version of each entity that holds: of those that are known and have come into force, the one of the latest valid time, and of these the last written. */
function statesAt(
  events: readonly Event[],
  moment: { valid: number; tx: number } | null,
): Map<string, { entity_type: string; doc: Doc }> {
  const winners = new Map<string, Event>();
  for (const event of events) {
    if (event.valid_time > (moment?.valid ?? Date.now()) || (moment !== null && event.tx_time > moment.tx)) continue;
    const best = winners.get(event.entity_id);
    const isLater =
      best === undefined || event.valid_time - best.valid_time || event.tx_time - best.tx_time || event.tx - best.tx;
    if (isLater === true || Number(isLater) > 0) winners.set(event.entity_id, event);
  }
  const states = new Map<string, { entity_type: string; doc: Doc }>();
  for (const [id, { entity_type, doc }] of winners) if (doc !== null) states.set(id, { entity_type, doc });
  return states;
}

/** SQL's logic of three values. */
function holds(filter: Condition, doc: Doc): boolean | null {
  const plain =
    filter.kind === 'test'
      ? filter.holds(doc[filter.name])
      : joined(
          filter.joint,
          filter.members.map((member) => holds(member, doc)),
        );
  return filter.negated && plain !== null ? !plain : plain;
}

function joined(joint: 'and' | 'or', values: readonly (boolean | null)[]): boolean | null {
  const decisive = joint === 'or';
  if (values.includes(decisive)) return decisive;
  return values.includes(null) ? null : !decisive;
}
