import { type FieldReference, fieldReference } from './field-reference.ts';
import { RestProblem, tooMuch } from './rest-problem.ts';
import { Scanner } from './scanner.ts';

/** Postgres functions take 100 arguments, and a row is made by one that takes two for each column. */
const MAX_ITEMS = 50;
const MAX_EMBEDS = 8;

const AGGREGATE = /^(count|sum|avg|min|max)$/;

export type SelectItem = AllFields | SelectedField | Embed;
export interface AllFields {
  readonly kind: 'all';
}
export interface SelectedField {
  readonly kind: 'field';
  /** What it is called in the answer. */
  readonly alias: string;
  readonly field: FieldReference;
  readonly asText: boolean;
}
export interface Embed {
  readonly kind: 'embed';
  readonly alias: string;
  /** The entity type, or the field of the relation. */
  readonly target: string;
  /** `!field`: which relation, where there are several. */
  readonly hint: string | null;
  /** `!inner`: only records that have one. */
  readonly isInner: boolean;
  readonly items: readonly SelectItem[];
}

/** `select=a,b:c,d::text,e->f->>g,relation(…)`. An empty text is `*`. */
export function parseSelect(text: string): SelectItem[] {
  if (text === '') return [{ kind: 'all' }];
  const scanner = new Scanner('select parameter', text);
  const items = selectItems(scanner, true);
  if (!scanner.done) throw scanner.fail('a comma or the end');
  const embeds = items.filter((item) => item.kind === 'embed');
  if (embeds.length > MAX_EMBEDS) throw tooMuch('embedded relations', MAX_EMBEDS);
  return items;
}

function selectItems(scanner: Scanner, mayEmbed: boolean): SelectItem[] {
  const items: SelectItem[] = [];
  do {
    items.push(selectItem(scanner, mayEmbed));
    if (items.length > MAX_ITEMS) throw tooMuch('columns in select', MAX_ITEMS);
  } while (scanner.eat(','));
  return items;
}

function selectItem(scanner: Scanner, mayEmbed: boolean): SelectItem {
  if (scanner.eat('*')) return { kind: 'all' };
  if (scanner.sees('...')) {
    throw new RestProblem(400, 'PGRST100', 'spread relations are not supported', {
      hint: 'Embed the relation and take its fields from there.',
    });
  }
  let field = fieldReference(scanner);
  let alias: string | null = null;
  if (!scanner.sees('::') && field.path.length === 0 && scanner.eat(':')) {
    alias = field.name;
    field = fieldReference(scanner);
  }
  if (scanner.sees('.') || (scanner.sees('()') && AGGREGATE.test(field.name))) {
    throw new RestProblem(400, 'PGRST123', 'Use of aggregate functions is not allowed', {
      hint: 'Prefer: count=exact counts; /v1/heatmap adds up by day.',
    });
  }
  if (scanner.sees('!') || scanner.sees('(')) return embed(scanner, alias, field, mayEmbed);
  return {
    kind: 'field',
    alias: alias ?? field.path.findLast((key) => !/^\d+$/.test(key)) ?? field.name,
    field,
    asText: field.asText || isCastToText(scanner),
  };
}

function isCastToText(scanner: Scanner): boolean {
  if (!scanner.eat('::')) return false;
  const type = scanner.name();
  if (type === 'json' || type === 'jsonb') return false;
  if (type !== 'text') {
    throw new RestProblem(400, 'PGRST100', `the cast to ${type} is not supported`, {
      hint: 'Values come in their own types; ::text makes text of one.',
    });
  }
  return true;
}

function embed(scanner: Scanner, alias: string | null, field: FieldReference, mayEmbed: boolean): Embed {
  if (field.path.length > 0) throw scanner.fail('a relation');
  if (!mayEmbed) {
    throw new RestProblem(
      400,
      'PGRST100',
      `${field.name} is embedded in an embedded relation: embedding goes one level deep`,
      {
        hint: 'Ask for the next level in another request.',
      },
    );
  }
  let hint: string | null = null;
  let isInner = false;
  while (scanner.eat('!')) {
    const word = scanner.name();
    if (word === 'inner') isInner = true;
    else if (word !== 'left') hint = word;
  }
  scanner.expect('(');
  const items = scanner.sees(')') ? [] : selectItems(scanner, false);
  scanner.expect(')');
  return { kind: 'embed', alias: alias ?? field.name, target: field.name, hint, isInner, items };
}
