import type { ImportArguments } from '../importer/request-shapes.ts';
import { CliFailure, EXIT } from './cli-failure.ts';
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

/** @throws CliFailure for options that are no choice */
export function importChoice(options: Options): ImportArguments {
  const only = names(options.only);
  const except = names(options.except);
  const thin = typeof options.thin === 'string' ? thinning(options.thin) : null;
  return { ...(only && { only }), ...(except && { except }), ...(thin && { thin }) };
}

function names(given: string | boolean | undefined): string[] | null {
  if (typeof given !== 'string') return null;
  const named = given.split(',').filter((name) => name !== '');
  if (named.length === 0) throw new CliFailure(EXIT.usage, '--only and --except take names of entity types.');
  return [...new Set(named)].sort();
}

function thinning(given: string): Record<string, number> {
  return Object.fromEntries(
    given.split(',').map((part) => {
      const [, type = '', minutes] = /^(.+)=(\d{1,6})$/.exec(part) ?? [];
      if (type === '' || Number(minutes) === 0)
        throw new CliFailure(EXIT.usage, '--thin takes TYPE=MINUTES, such as performance-report=60.');
      return [type, Number(minutes)];
    }),
  );
}
