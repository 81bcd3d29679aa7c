import { isUuid } from '../domain/edn/tags.ts';
import { entityType, entityTypeOfXtdbName } from '../domain/entity-type.ts';
import { canonicalInstant } from '../domain/time/instant.ts';
import type { CsvMapping } from '../importer/csv/csv-history.ts';
import { CliFailure, EXIT } from './cli-failure.ts';
import type { Options } from './command.ts';

/** The options of `import` that say how to read CSV. */
export const CSV_OPTIONS = {
  type: { type: 'string' },
  user: { type: 'string' },
  map: { type: 'string' },
  set: { type: 'string' },
  at: { type: 'string' },
} as const;

export const CSV_DETAILS: readonly string[] = [
  'A file of CSV with a header line needs --type TYPE, such as habit_log, and --user ID, whose records they are. Besides:',
  '  --map COLUMN=FIELD,… names the fields of columns; others count by their own name, or not at all. The field id is a record’s key.',
  '  --set FIELD=VALUE,… is the same for all records, such as time_zone=America/Detroit, in which dates and clock times are read.',
  '  --at INSTANT says when they were written, where no column is created_at. Given again, it makes a repeat change nothing.',
];

/** The mapping, or null for a history. @throws CliFailure for options that are none */
export function csvChoice(options: Options, now: Date): CsvMapping | null {
  const text = (name: keyof typeof CSV_OPTIONS) => (typeof options[name] === 'string' ? options[name] : null);
  const name = text('type');
  if (name === null) {
    const stray = Object.keys(CSV_OPTIONS).find((option) => options[option] !== undefined);
    if (stray === undefined) return null;
    throw usage(`--${stray} is for CSV, which needs --type TYPE.`);
  }
  const type = entityType(name) ?? entityTypeOfXtdbName(name);
  if (type === undefined) throw usage(`There is no entity type ${name}.`);
  const user_id = text('user')?.toLowerCase() ?? '';
  if (!isUuid(user_id)) throw usage('--user takes the UUID of the user whose records these are.');
  const at = text('at');
  const written_at = at === null ? null : canonicalInstant(at);
  if (at !== null && written_at === null) throw usage('--at takes an instant, such as 2026-07-01T12:00:00Z.');
  if (written_at !== null && Date.parse(written_at) > now.getTime()) throw usage('--at is in the future.');
  return { type, user_id, fields: pairs('map', text('map')), constants: pairs('set', text('set')), written_at, now };
}

/** Up to the last `=`, since columns are named by people. */
function pairs(option: string, given: string | null): Map<string, string> {
  const parts = given === null ? [] : given.split(',').map((part) => /^\s*(.+?)\s*=\s*([^=]+?)\s*$/.exec(part));
  return new Map(
    parts.map((part) => {
      const [, from, to] = part ?? [];
      if (from === undefined || to === undefined) throw usage(`--${option} takes NAME=VALUE,…`);
      return [from, to];
    }),
  );
}

function usage(message: string): CliFailure {
  return new CliFailure(EXIT.usage, message, { hint: 'See: annals import --help' });
}
