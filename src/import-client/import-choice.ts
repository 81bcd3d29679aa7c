import type { ImportArguments } from '../importer/request-shapes.ts';
import { HistoryFailure } from './history-failure.ts';

/** What of a file is wanted, as a person writes it. */
export interface ImportChoice {
  /** Entity types by the names that the file has: `habit-log,task`. */
  readonly only?: string | undefined;
  readonly except?: string | undefined;
  /** One version per so many minutes of a type: `performance-report=60`. */
  readonly thin?: string | undefined;
}

/** @throws HistoryFailure for words that are no choice */
export function importChoice(choice: ImportChoice): ImportArguments {
  const only = choice.only === undefined ? null : names(choice.only);
  const except = choice.except === undefined ? null : names(choice.except);
  const thin = choice.thin === undefined ? null : thinning(choice.thin);
  return { ...(only && { only }), ...(except && { except }), ...(thin && { thin }) };
}

function names(given: string): string[] {
  const named = parts(given).filter((name) => name !== '');
  if (named.length === 0)
    throw new HistoryFailure('bad_choice', 'Only and except take names of entity types, such as habit-log.');
  return [...new Set(named)].sort();
}

function thinning(given: string): Record<string, number> {
  return Object.fromEntries(
    parts(given).map((part) => {
      const [, type = '', minutes] = /^(.+)=(\d{1,6})$/.exec(part) ?? [];
      if (type === '' || Number(minutes) === 0)
        throw new HistoryFailure('bad_choice', 'Thin takes TYPE=MINUTES, such as performance-report=60.');
      return [type, Number(minutes)];
    }),
  );
}

function parts(given: string): string[] {
  return given.split(',').map((part) => part.trim());
}
