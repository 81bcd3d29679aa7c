import { entityIdOf } from '../../domain/codec/entity-id.ts';
import { readEdn } from '../../domain/edn/read.ts';
import { CliFailure, EXIT } from '../cli-failure.ts';
import type { Command, CommandContext } from '../command.ts';
import { CHOICE_DETAILS, CHOICE_OPTIONS, chosenOf } from '../import-choice.ts';
import { mendedLines } from '../mended-lines.ts';
import { ProgressBar } from '../progress-bar.ts';
import { databaseUrl } from '../settings.ts';
import type { SpotCheck } from '../spot-checks.ts';
import { table } from '../table.ts';
import { type Verification, verifyHistory } from '../verify-history.ts';

const MAX_DIFFERENCES_SHOWN = 50;

export const verifyCommand: Command = {
  usage:
    'verify FILE [--only TYPE,…] [--except TYPE,…] [--thin TYPE=N,…] [--part] [--mended FILE] [--show ID,…] [--json]',
  summary: 'prove that the store holds what a history file holds; exit code 0 only when equal',
  details: [
    'Compares counts and digests of every version by type and month, a thousand as-of answers recomputed from the file, and',
    'current state against the log; of a backup the transactions too. What was written natively since the import is counted and left out.',
    'Of a delta only the entities that it names are compared.',
    'Lines that an import rejected and nobody mended are left out, and counted: with any the exit code is 3.',
    ...CHOICE_DETAILS,
    '  They are given as they were to the import.',
    '--part: the store has other imports besides; only the entities that the file names are compared.',
    '--show ID,… shows every version of these records side by side, as the file and as the store has them.',
    '--mended FILE: the lines that were applied with annals rejects ID --retry FILE, in place of the file’s own.',
  ],
  options: {
    ...CHOICE_OPTIONS,
    mended: { type: 'string' },
    show: { type: 'string' },
    part: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  arguments: [1, 1],
  async run([file = ''], options, context) {
    const bar = new ProgressBar(context.err, context.is_terminal);
    const verification = await verifyHistory({
      file,
      databaseUrl: databaseUrl(context.env),
      arguments: chosenOf(options),
      ...(typeof options.mended === 'string' && { mended: await mendedLines(options.mended) }),
      isPart: options.part === true,
      ...(typeof options.show === 'string' && { show: shownIds(options.show) }),
      signal: context.signal,
      onRows: (side, rows) => bar.show({ what: `the ${side}`, done: rows, total: null, rows, note: null }),
    });
    bar.clear();
    if (options.json === true) context.out(JSON.stringify(verification));
    else show(verification, context);
    return verification.equal ? EXIT.done : EXIT.findings;
  },
};

function show(
  { equal, is_part, since, file, store, differences, as_of, stale_entities, shown }: Verification,
  { out }: CommandContext,
): void {
  out(
    table([
      ['', 'rows', 'evictions', 'transactions'],
      ['file', file.rows, file.evicted, file.transactions],
      ['store', store.rows, store.evicted, store.transactions],
    ]),
  );
  out('');
  if (is_part) {
    const what = since === null ? 'As told' : `This is a delta (since transaction ${since})`;
    out(`${what}: only the entities that it names were compared.`);
  }
  if (file.skipped > 0) out(`${file.skipped} rows of the file were left out of the comparison, as told.`);
  if (file.rejected > 0)
    out(
      `${file.rejected} lines of the file were rejected and not mended: they are not in the store. See annals rejects ID.`,
    );
  if (store.native_rows > 0) out(`The store has ${store.native_rows} rows of its own besides.`);
  out(
    `As-of answers: ${as_of.asked} asked, ${as_of.wrong.length === 0 ? 'all equal' : `${as_of.wrong.length} or more differ`}.`,
  );
  for (const { eid, valid_time, tx_time } of as_of.wrong)
    out(`  ${eid} at valid time ${valid_time}, transaction time ${tx_time}`);
  out(
    `Current state: ${stale_entities === 0 ? 'equals the log' : `differs from the log for ${stale_entities} entities`}.`,
  );
  if (differences.length > 0) {
    const rows = differences
      .slice(0, MAX_DIFFERENCES_SHOWN)
      .map((d) => [d.type, d.month, d.file_rows, d.store_rows, d.file_rows === d.store_rows ? 'other contents' : '']);
    out(`\n${table([['type', 'month', 'file', 'store', ''], ...rows])}`);
    if (differences.length > MAX_DIFFERENCES_SHOWN) out(`(and ${differences.length - MAX_DIFFERENCES_SHOWN} more)`);
  }
  for (const record of shown) out(`\n${sideBySide(record)}`);
  if (!is_part && differences.some((d) => d.file_rows === 0))
    out('\nWhere the store has other imports besides, compare the entities of this file alone: --part');
  const is_equal_elsewhere = differences.length === 0 && as_of.wrong.length === 0 && stale_entities === 0;
  if (equal) out('\nEqual.');
  else out(is_equal_elsewhere ? `\nEqual but for ${file.rejected} rejected lines.` : '\nNOT equal.');
}

/** Ids as the file has them (a UUID, or EDN such as :biff/key), as the store has them. */
function shownIds(given: string): string[] {
  return given.split(',').map((id) => {
    const text = id.trim();
    const read = readEdn(/^[0-9a-f]{8}-/i.test(text) ? `#uuid "${text}"` : text);
    if (!read.ok || read.value === null)
      throw new CliFailure(
        EXIT.usage,
        `--show takes ids, and ${text} is none: ${read.ok ? 'nil' : read.error.reason}.`,
      );
    return entityIdOf(read.value);
  });
}

function sideBySide({ entity_id, versions }: SpotCheck): string {
  const has = (side: 'file' | 'store') => versions.filter((version) => version[side] !== null).length;
  return [
    `${entity_id}: ${has('file')} versions in the file, ${has('store')} in the store`,
    ...versions.flatMap(({ valid_time, tx_time, tx, file, store }) => [
      `  valid ${valid_time}, written ${tx_time} by transaction ${tx}`,
      ...(file === store
        ? [`    both   ${file}`]
        : [`    file   ${file ?? '(has none)'}`, `    store  ${store ?? '(has none)'}`]),
    ]),
  ].join('\n');
}
