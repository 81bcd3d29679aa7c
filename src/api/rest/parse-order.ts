import { type FieldReference, fieldReference } from './field-reference.ts';
import { RestProblem, tooMuch } from './rest-problem.ts';
import { Scanner } from './scanner.ts';

const MAX_TERMS = 10;

export interface OrderTerm {
  readonly field: FieldReference;
  readonly direction: 'asc' | 'desc';
  readonly nulls: 'first' | 'last';
}

/** `order=a.desc.nullslast,b->c`. As in Postgres, nulls are greatest: last going up, first going down. */
export function parseOrder(text: string): OrderTerm[] {
  if (text === '') return [];
  const scanner = new Scanner('order', text);
  const terms: OrderTerm[] = [];
  do {
    const field = fieldReference(scanner);
    if (scanner.sees('(')) {
      throw new RestProblem(400, 'PGRST118', `A related order on '${field.name}' is not possible`, {
        hint: 'Order by fields of the type itself; an embedded relation takes an order of its own: relation.order=…',
      });
    }
    let direction: 'asc' | 'desc' = 'asc';
    let nulls: 'first' | 'last' | null = null;
    while (scanner.eat('.')) {
      const word = scanner.name();
      if (word === 'asc' || word === 'desc') direction = word;
      else if (word === 'nullsfirst') nulls = 'first';
      else if (word === 'nullslast') nulls = 'last';
      else throw scanner.fail('asc, desc, nullsfirst or nullslast');
    }
    terms.push({ field, direction, nulls: nulls ?? (direction === 'asc' ? 'last' : 'first') });
    if (terms.length > MAX_TERMS) throw tooMuch('terms in order', MAX_TERMS);
  } while (scanner.eat(','));
  if (!scanner.done) throw scanner.fail('a comma or the end');
  return terms;
}
