import type { Shown } from '../../store/visibility.ts';
import { readShow, SHOWABLE } from '../show.ts';
import { fieldReference } from './field-reference.ts';
import { countTests, type Filter, parseGroup, parseTest } from './parse-filter.ts';
import { type OrderTerm, parseOrder } from './parse-order.ts';
import { parseSelect, type SelectItem } from './parse-select.ts';
import { RestProblem, tooMuch } from './rest-problem.ts';
import { Scanner } from './scanner.ts';

const MAX_QUERY_CHARS = 32_768;
const MAX_FILTERS = 100;

/** What is asked of one list: the type's own, or an embedded relation's. */
export interface Scope {
  readonly filters: readonly Filter[];
  readonly order: readonly OrderTerm[] | null;
  readonly limit: string | null;
  readonly offset: string | null;
}

/** The query string, read. */
export interface RestQuery {
  readonly select: readonly SelectItem[];
  readonly own: Scope;
  /** By the name or alias of the embedded relation. */
  readonly embedded: ReadonlyMap<string, Scope>;
  readonly columns: readonly string[] | null;
  readonly onConflict: string | null;
  readonly shown: Shown;
  /** Null: none is asked for; empty: the first page. */
  readonly cursor: string | null;
  readonly valid_time: string | null;
  readonly tx_time: string | null;
}

interface GrowingScope {
  filters: Filter[];
  order: OrderTerm[] | null;
  limit: string | null;
  offset: string | null;
}

/** @throws RestProblem PGRST100 for what is not in the grammar, and beyond the limits */
export function readQuery(search: string): RestQuery {
  if (search.length > MAX_QUERY_CHARS) throw tooMuch('characters of query string', MAX_QUERY_CHARS);
  const own = emptyScope();
  const embedded = new Map<string, GrowingScope>();
  const single = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(search)) {
    if (SINGLE.has(key)) single.set(key, value);
    else readScoped(key, value, own, embedded);
  }
  const tests = [own, ...embedded.values()]
    .flatMap((scope) => scope.filters)
    .reduce((sum, filter) => sum + countTests(filter), 0);
  if (tests > MAX_FILTERS) throw tooMuch('filters', MAX_FILTERS);
  return {
    select: parseSelect(single.get('select') ?? ''),
    own,
    embedded,
    columns: columnNames(single.get('columns')),
    onConflict: single.get('on_conflict') ?? null,
    shown: shownKinds(single.get('show') ?? ''),
    cursor: single.get('cursor') ?? null,
    valid_time: single.get('valid_time') ?? null,
    tx_time: single.get('tx_time') ?? null,
  };
}

/** Parameters that are no filter. No field of any type has one of these names (test/rest/refusals.test.ts). */
export const SINGLE: ReadonlySet<string> = new Set([
  'select',
  'columns',
  'on_conflict',
  'show',
  'cursor',
  'valid_time',
  'tx_time',
]);

const emptyScope = (): GrowingScope => ({ filters: [], order: null, limit: null, offset: null });

function readScoped(key: string, value: string, own: GrowingScope, embedded: Map<string, GrowingScope>): void {
  const scanner = new Scanner('query parameter', key);
  const field = fieldReference(scanner);
  const isLogic = field.name === 'not' && (key === 'not.and' || key === 'not.or');
  if (field.path.length > 0 || scanner.done || isLogic) {
    readInto(own, key, value);
    return;
  }
  scanner.expect('.');
  const scope = embedded.get(field.name) ?? emptyScope();
  embedded.set(field.name, scope);
  readInto(scope, scanner.rest(), value);
}

function readInto(scope: GrowingScope, key: string, value: string): void {
  if (key === 'order') scope.order = parseOrder(value);
  else if (key === 'limit') scope.limit = value;
  else if (key === 'offset') scope.offset = value;
  else if (key === 'and' || key === 'or') scope.filters.push(parseGroup(key, false, value));
  else if (key === 'not.and' || key === 'not.or')
    scope.filters.push(parseGroup(key === 'not.and' ? 'and' : 'or', true, value));
  else {
    const scanner = new Scanner('query parameter', key);
    const field = fieldReference(scanner);
    if (!scanner.done) throw scanner.fail('a column');
    scope.filters.push(parseTest(field, value));
  }
}

function columnNames(text: string | undefined): string[] | null {
  if (text === undefined || text === '') return null;
  const scanner = new Scanner('columns parameter', text);
  const names: string[] = [];
  do names.push(scanner.name());
  while (scanner.eat(','));
  if (!scanner.done) throw scanner.fail('a comma or the end');
  return names;
}

function shownKinds(text: string): Shown {
  const shown = readShow(text);
  if (shown !== null) return shown;
  throw new RestProblem(400, 'PGRST100', `"failed to parse show (${text.slice(0, 50)})"`, {
    hint: `show takes ${SHOWABLE.join(', ')}, joined by commas.`,
  });
}
