import type { EntityType } from '../../domain/define-entity-type.ts';
import { docField, type Expression, fieldExpression } from './column-sql.ts';
import type { ColumnKind } from './columns.ts';
import { jsonOperand, operand, setMembers } from './operand.ts';
import type { Parameters } from './parameters.ts';
import type { Filter, Operator, Test } from './parse-filter.ts';
import { badOperand, RestProblem } from './rest-problem.ts';

/** Beyond this many, one comparison with a list beats as many looks into the index. */
const MAX_INDEX_LOOKS = 16;

const COMPARISON: Partial<Record<Operator, string>> = { eq: '=', neq: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' };

/**
 * A filter as a condition on a row of `type`.
 *
 * Equality and containment are asked as `doc @> …`, which the GIN index answers, but only where nothing negates them: of a
 * field that is missing `@>` says false and SQL's comparison null, and under `not` these part.
 *
 * @param row alias of a row of entities
 * @param isPositive whether no `not` stands above it
 */
export function filterSql(
  filter: Filter,
  type: EntityType,
  row: string,
  parameters: Parameters,
  isPositive = true,
): string {
  if (filter.kind === 'test') return testSql(filter, type, row, parameters, isPositive);
  const inside = isPositive && !filter.isNegated;
  const members = filter.members.map((member) => filterSql(member, type, row, parameters, inside));
  const joined = `(${members.join(` ${filter.joint} `)})`;
  return filter.isNegated ? `not ${joined}` : joined;
}

function testSql(test: Test, type: EntityType, row: string, parameters: Parameters, isPositive: boolean): string {
  const subject = fieldExpression(type, test.field, row, parameters);
  const at: Place = { subject, row, parameters, isPositive: isPositive && !test.isNegated };
  const sql =
    test.many === null
      ? oneSql(test, at)
      : // Of an empty list `any` holds for nothing and `all` for everything.
        `(${[...list(test).map((member) => oneSql({ ...test, operand: member }, at)), test.many === 'any' ? 'false' : 'true'].join(test.many === 'any' ? ' or ' : ' and ')})`;
  return test.isNegated ? `not ${sql}` : sql;
}

interface Place {
  readonly subject: Expression;
  readonly row: string;
  readonly parameters: Parameters;
  readonly isPositive: boolean;
}

const list = ({ operand }: Test): readonly string[] => (typeof operand === 'string' ? [operand] : operand);

function oneSql(test: Test, at: Place): string {
  const text = typeof test.operand === 'string' ? test.operand : '';
  switch (test.operator) {
    case 'eq':
      return equalSql(text, at);
    case 'neq':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return compareSql(COMPARISON[test.operator] ?? '=', text, at);
    case 'isdistinct':
      return `(${at.subject.sql} is distinct from ${comparand(text, at)})`;
    case 'like':
    case 'ilike':
      return likeSql(test.operator, text, at);
    case 'in':
      return inSql(list(test), at);
    case 'is':
      return isSql(text, at);
    case 'cs':
    case 'cd':
    case 'ov':
      return containSql(test.operator, text, at);
  }
}

/** The right-hand side of a comparison. A JSON path compares as its arrow says: text, or JSON. */
function comparand(text: string, { subject, parameters }: Place): string {
  if (subject.isPath) return isTextPath(subject) ? parameters.add(text) : `${parameters.add(jsonOperand(text))}::jsonb`;
  return operand(subject.column.kind, text, parameters).sql;
}

const isTextPath = ({ sql }: Expression): boolean => sql.includes(' #>> ');

function equalSql(text: string, at: Place): string {
  if (at.isPositive && !at.subject.isPath && !at.subject.column.isEnvelope) {
    const { json } = operand(at.subject.column.kind, text, at.parameters);
    // A projection's column finds it, and the doc decides: a text may be somebody's number.
    if (json !== null)
      return at.subject.isProjected ? agreedSql(compareSql('=', text, at), hasSql(json, at)) : hasSql(json, at);
  }
  return compareSql('=', text, at);
}

/** Whether the doc has this JSON in the field, by the index on docs. */
const hasSql = (json: string, { subject, row, parameters }: Place): string =>
  `(${row}.doc @> ${parameters.add(`{${JSON.stringify(subject.column.name)}:${json}}`)}::jsonb)`;

/** Of two conditions that say nearly the same the planner must count one: of a number it thinks that nearly all differ from 0. */
const agreedSql = (byColumn: string, byDoc: string): string => `(${byColumn} and ${byDoc}::integer <> 0)`;

function compareSql(operator: string, text: string, at: Place): string {
  const right = comparand(text, at);
  return `(${at.subject.sql} ${operator} ${right})`;
}

const TEXTS: ReadonlySet<ColumnKind> = new Set(['text', 'boolean_or_text', 'reference', 'any']);

function likeSql(operator: 'like' | 'ilike', text: string, at: Place): string {
  const { kind } = at.subject.column;
  const isText = at.subject.isPath ? isTextPath(at.subject) : TEXTS.has(kind);
  if (!isText) throw noOperator(operator, at);
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(text))
    throw new RestProblem(400, '22025', 'LIKE pattern must not end with escape character');
  return `(${at.subject.sql} ${operator} ${at.parameters.add(text.replaceAll('*', '%'))})`;
}

function inSql(members: readonly string[], at: Place): string {
  const { subject, parameters } = at;
  const { kind, isEnvelope } = subject.column;
  if (members.length === 0) return '(false)';
  if (at.isPositive && !isEnvelope && !subject.isPath && members.length <= MAX_INDEX_LOOKS) {
    const jsons = members.map((member) => operand(kind, member, parameters).json);
    if (jsons.every((json) => json !== null)) {
      const has = `(${jsons.map((json) => hasSql(json, at)).join(' or ')})`;
      return subject.isProjected ? agreedSql(listedSql(members, at), has) : has;
    }
  }
  if (kind === 'uuid' && !subject.isPath) {
    for (const member of members) operand(kind, member, parameters);
    return `(${subject.sql} = any (${parameters.addList(members)}::uuid[]))`;
  }
  return listedSql(members, at);
}

const listedSql = (members: readonly string[], at: Place): string =>
  `(${at.subject.sql} in (${members.map((member) => comparand(member, at)).join(', ')}))`;

function isSql(text: string, at: Place): string {
  const word = text.toLowerCase();
  const { kind, isAxis, isEnvelope } = at.subject.column;
  const present =
    isAxis && !isEnvelope ? `nullif(${docField(at.subject.column, at.row, at.parameters)}, 'null')` : at.subject.sql;
  if (word === 'null') return `(${present} is null)`;
  if (word === 'not_null') return `(${present} is not null)`;
  if (word === 'true' || word === 'false' || word === 'unknown') {
    if (at.subject.isPath || (kind !== 'boolean' && kind !== 'boolean_or_text')) throw noOperator(`is ${word}`, at);
    if (kind === 'boolean') return `(${at.subject.sql} is ${word})`;
    return word === 'unknown' ? `(${present} is null)` : hasSql(word, at);
  }
  throw badOperand('null, not_null, true, false or unknown', text);
}

function containSql(operator: 'cs' | 'cd' | 'ov', text: string, at: Place): string {
  const { subject, row, parameters } = at;
  const { kind } = subject.column;
  const isJson = subject.isPath ? !isTextPath(subject) : kind === 'json' || kind === 'any';
  const isSet = kind === 'set' && !subject.isPath;
  if (!isJson && !isSet) throw noOperator(operator, at);
  const left = subject.isPath ? subject.sql : `(${docField(subject.column, row, parameters)})`;
  if (operator === 'ov') {
    const members = setMembers(text);
    if (members.length === 0) return '(false)';
    if (at.isPositive && isSet && members.length <= MAX_INDEX_LOOKS) {
      return `(${members.map((member) => hasSql(jsonOperand(JSON.stringify([member])), at)).join(' or ')})`;
    }
    return `(${left} ?| ${parameters.addList(members)})`;
  }
  const json = isJson && !text.startsWith('{}') ? jsonOf(text) : jsonOperand(JSON.stringify(setMembers(text)));
  if (operator === 'cs' && at.isPositive && isSet) return hasSql(json, at);
  return `(${left} ${operator === 'cs' ? '@>' : '<@'} ${parameters.add(json)}::jsonb)`;
}

/** JSON, or a set in braces: `{a,b}` is no JSON. */
function jsonOf(text: string): string {
  try {
    return jsonOperand(text);
  } catch (error) {
    if (!text.startsWith('{')) throw error;
    return jsonOperand(JSON.stringify(setMembers(text)));
  }
}

const noOperator = (operator: string, { subject }: Place): RestProblem =>
  new RestProblem(
    400,
    '42883',
    `operator does not exist: ${operator} on ${subject.column.name}, which is a ${subject.column.kind}`,
  );
