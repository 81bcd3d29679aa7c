import { type FieldReference, fieldReference } from './field-reference.ts';
import { RestProblem, tooMuch } from './rest-problem.ts';
import { Scanner } from './scanner.ts';

const MAX_DEPTH = 8;
const MAX_LIST = 1_000;

const OPERATORS = [
  'eq',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
  'like',
  'ilike',
  'in',
  'is',
  'isdistinct',
  'cs',
  'cd',
  'ov',
] as const;
export type Operator = (typeof OPERATORS)[number];

/** Postgres has these, and this dialect leaves them out: a regular expression can run for ever, the rest have no types here. */
const LEFT_OUT = /^(match|imatch|fts|plfts|phfts|wfts|sl|sr|nxr|nxl|adj)$/;
const TAKES_MANY: ReadonlySet<Operator> = new Set(['eq', 'like', 'ilike', 'gt', 'gte', 'lt', 'lte']);

export type Filter = Test | Group;
export interface Test {
  readonly kind: 'test';
  readonly field: FieldReference;
  readonly isNegated: boolean;
  readonly operator: Operator;
  /** `op(any).{…}` and `op(all).{…}` */
  readonly many: 'any' | 'all' | null;
  /** One text, or the members of a list. */
  readonly operand: string | readonly string[];
}
export interface Group {
  readonly kind: 'group';
  readonly joint: 'and' | 'or';
  readonly isNegated: boolean;
  readonly members: readonly Filter[];
}

/** `field=not.op.value` */
export function parseTest(field: FieldReference, text: string): Test {
  return test(new Scanner(`"${field.name}" filter`, text), field, false);
}

/** `and=(a.eq.1,or(b.gt.2,not.c.is.null))` */
export function parseGroup(joint: 'and' | 'or', isNegated: boolean, text: string): Group {
  const scanner = new Scanner('logic tree', text);
  const members = groupMembers(scanner, 1);
  if (!scanner.done) throw scanner.fail('the end');
  return { kind: 'group', joint, isNegated, members };
}

/** How many tests a filter has. */
export const countTests = (filter: Filter): number =>
  filter.kind === 'test' ? 1 : filter.members.reduce((sum, member) => sum + countTests(member), 0);

function groupMembers(scanner: Scanner, depth: number): Filter[] {
  if (depth > MAX_DEPTH) throw tooMuch('levels of and() and or()', MAX_DEPTH);
  scanner.expect('(');
  const members: Filter[] = [];
  do {
    members.push(groupMember(scanner, depth));
  } while (scanner.eat(','));
  scanner.expect(')');
  return members;
}

function groupMember(scanner: Scanner, depth: number): Filter {
  for (const joint of ['and', 'or'] as const) {
    for (const isNegated of [false, true]) {
      const start = `${isNegated ? 'not.' : ''}${joint}`;
      if (!scanner.sees(`${start}(`)) continue;
      scanner.expect(start);
      return { kind: 'group', joint, isNegated, members: groupMembers(scanner, depth + 1) };
    }
  }
  const field = fieldReference(scanner);
  scanner.expect('.');
  return test(scanner, field, true);
}

function test(scanner: Scanner, field: FieldReference, isInGroup: boolean): Test {
  const isNegated = scanner.eat('not.');
  const word = scanner.match(/[a-z]+/y) ?? '';
  if (LEFT_OUT.test(word)) {
    throw new RestProblem(400, 'PGRST100', `the operator ${word} is not supported`, {
      hint: `Use one of ${OPERATORS.join(', ')}.`,
    });
  }
  const operator = OPERATORS.find((known) => known === word);
  if (operator === undefined) throw scanner.fail(`operator (${OPERATORS.join(', ')})`);
  const many = scanner.eat('(any)') ? 'any' : scanner.eat('(all)') ? 'all' : null;
  if (many !== null && !TAKES_MANY.has(operator)) throw scanner.fail(`no (${many}) after ${operator}`);
  scanner.expect('.');
  return { kind: 'test', field, isNegated, operator, many, operand: operand(scanner, operator, many, isInGroup) };
}

function operand(
  scanner: Scanner,
  operator: Operator,
  many: 'any' | 'all' | null,
  isInGroup: boolean,
): string | readonly string[] {
  if (operator === 'in') return list(scanner, '(', ')');
  if (many !== null) return list(scanner, '{', '}');
  if (operator === 'cs' || operator === 'cd' || operator === 'ov') {
    return isInGroup ? (scanner.quoted() ?? bracketed(scanner)) : scanner.rest();
  }
  if (!isInGroup) return scanner.rest();
  return scanner.quoted() ?? (scanner.sees('{') ? bracketed(scanner) : (scanner.match(/[^,)]+/y) ?? ''));
}

/** The members of a set that is written as Postgres writes an array: `{a,"b,c"}`. */
export function parseSet(text: string): string[] {
  const scanner = new Scanner('set', text);
  const members = list(scanner, '{', '}');
  if (!scanner.done) throw scanner.fail('the end');
  return members;
}

/** Members between brackets, bare or in double quotes. A bare one ends at a comma or the bracket. */
function list(scanner: Scanner, open: string, close: string): string[] {
  scanner.expect(open);
  const members: string[] = [];
  if (scanner.eat(close)) return members;
  const bare = close === ')' ? /[^,)]+/y : /[^,}]+/y;
  do {
    members.push(scanner.quoted() ?? scanner.match(bare) ?? '');
    if (members.length > MAX_LIST) throw tooMuch('members in a list', MAX_LIST);
  } while (scanner.eat(','));
  scanner.expect(close);
  return members;
}

/** The text of a JSON array or object, or of a set in braces, within a logic tree. */
function bracketed(scanner: Scanner): string {
  let text = '';
  let depth = 0;
  do {
    const string = scanner.match(/"(?:[^"\\]|\\.)*"/y);
    const char = string ?? scanner.match(/[^"]/y);
    if (char === null) throw scanner.fail('a closing bracket');
    if (char === '{' || char === '[') depth++;
    if (char === '}' || char === ']') depth--;
    text += char;
  } while (depth > 0);
  return text;
}
