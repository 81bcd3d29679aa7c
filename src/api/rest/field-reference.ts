import { tooMuch } from './rest-problem.ts';
import type { Scanner } from './scanner.ts';

const MAX_PATH = 16;

/** A column, or a place inside its JSON: `pstats->a->>b` has the path `a`, `b` and is text. */
export interface FieldReference {
  readonly name: string;
  readonly path: readonly string[];
  readonly asText: boolean;
}

/** Reads a column and the arrows after it. @throws RestProblem PGRST100 for what is none, and beyond 16 arrows */
export function fieldReference(scanner: Scanner): FieldReference {
  const name = scanner.name().trim();
  const path: string[] = [];
  let asText = false;
  while (scanner.sees('->')) {
    if (asText) throw scanner.fail('nothing after ->>, which answers text');
    asText = scanner.eat('->>');
    if (!asText) scanner.expect('->');
    path.push(scanner.name());
    if (path.length > MAX_PATH) throw tooMuch('arrows in a JSON path', MAX_PATH);
  }
  return { name, path, asText };
}
