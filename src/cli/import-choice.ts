import { importChoice } from '../import-client/import-choice.ts';
import type { ImportArguments } from '../importer/request-shapes.ts';
import type { Options } from './command.ts';

/** The options of `import` and `verify` that choose what of a file is brought in. */
export const CHOICE_OPTIONS = {
  only: { type: 'string' },
  except: { type: 'string' },
  thin: { type: 'string' },
} as const;

export const CHOICE_DETAILS: readonly string[] = [
  '--only TYPE,… and --except TYPE,… choose entity types by the names that the file has (habit-log).',
  '--thin TYPE=N,… keeps of each entity of the type one version per N minutes of valid time at most, the newest; deletes stay.',
];

/** @throws HistoryFailure for options that are no choice */
export function chosenOf({ only, except, thin }: Options): ImportArguments {
  const textOf = (option: Options[string]) => (typeof option === 'string' ? option : undefined);
  return importChoice({ only: textOf(only), except: textOf(except), thin: textOf(thin) });
}
