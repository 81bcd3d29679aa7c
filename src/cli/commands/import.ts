import type { ImportProgress } from '../../import-client/send-history.ts';
import { CliFailure, EXIT } from '../cli-failure.ts';
import type { Command, CommandContext, Options } from '../command.ts';
import { CSV_DETAILS, CSV_OPTIONS, csvChoice } from '../csv-choice.ts';
import { dryRun } from '../dry-run.ts';
import { CHOICE_DETAILS, CHOICE_OPTIONS, chosenOf } from '../import-choice.ts';
import { importFile } from '../import-file.ts';
import { ProgressBar } from '../progress-bar.ts';
import { reportText } from '../report-text.ts';
import { importService } from '../settings.ts';

const MAX_REJECTS_SHOWN = 20;

export const importCommand: Command = {
  usage:
    'import FILE [--dry-run] [--only TYPE,…] [--except TYPE,…] [--thin TYPE=N,…] [--type TYPE …] [--max-rejects N] [--json]',
  summary: 'bring a history in; started again with the same file it goes on where it was',
  details: [
    'FILE is a history as exporters/xtdb1 or annals export writes it, or CSV; plain or gzipped; - is standard input.',
    '--dry-run decodes, checks and counts everything and writes nothing.',
    ...CHOICE_DETAILS,
    '  The same file with another choice is another import. What was left out is counted in the report.',
    ...CSV_DETAILS,
    '--max-rejects N pauses the import, or ends the dry run, when more than N lines could not be taken.',
    '--json prints the final status as one JSON object.',
    'Ctrl-C waits for what is under way and pauses; what is in stays in.',
  ],
  options: {
    ...CHOICE_OPTIONS,
    ...CSV_OPTIONS,
    'dry-run': { type: 'boolean' },
    'max-rejects': { type: 'string' },
    json: { type: 'boolean' },
  },
  arguments: [1, 1],
  async run([file = ''], options, context) {
    const csv = csvChoice(options, new Date());
    const service = importService(context.env);
    const bar = new ProgressBar(context.err, context.is_terminal);
    const most_rejects = maxRejects(options);
    const is_dry = options['dry-run'] === true;
    let rejects = 0;
    const common = {
      ...service,
      file,
      csv,
      arguments: chosenOf(options),
      signal: context.signal,
      onProgress: (progress: ImportProgress) => bar.show(stepOf(progress)),
      onReject(line: number, reason: string) {
        rejects++;
        if (is_dry && most_rejects !== null && rejects > most_rejects)
          throw new CliFailure(EXIT.findings, `More than ${most_rejects} lines were rejected. Nothing was written.`);
        if (rejects > MAX_REJECTS_SHOWN) return;
        bar.clear();
        context.err(`line ${line}: ${reason}\n`);
        if (rejects === MAX_REJECTS_SHOWN) context.err('(further rejects are only counted)\n');
      },
      onRetry(why: string, wait_ms: number) {
        bar.clear();
        context.err(`${why}; trying again in ${(wait_ms / 1_000).toFixed(1)} s\n`);
      },
    };
    try {
      if (is_dry) return await runDry(common, options, context, bar);
      const status = await importFile({ ...common, maxRejects: most_rejects });
      bar.clear();
      const found = status.rejects + status.conflicts;
      if (options.json === true) context.out(JSON.stringify(status));
      else {
        context.out(
          `Import ${status.import_id} is ${status.state}: ${status.rows} rows (${status.inserted} new), ` +
            `${status.tombstones} deletes, ${status.evictions} evictions, ${found} rejects, ${status.nonconforming} nonconforming documents.`,
        );
        if (status.skipped > 0) context.out(`${status.skipped} rows were left out, as told.`);
        if (status.erased > 0) context.out(`${status.erased} older versions were erased: their entities were evicted.`);
        if (found > 0) context.out(`See them with: annals rejects ${status.import_id}`);
        if (found > 0 && csv !== null)
          context.out('Correct them in the file and import it again: what is in is not written twice.');
        if (csv === null) context.out(`Prove it with: annals verify ${[file, ...choiceWords(options)].join(' ')}`);
      }
      return found > 0 ? EXIT.findings : EXIT.done;
    } finally {
      bar.clear();
    }
  },
};

async function runDry(
  common: Parameters<typeof dryRun>[0],
  options: Options,
  context: CommandContext,
  bar: ProgressBar,
): Promise<0 | 3> {
  const result = await dryRun(common);
  bar.clear();
  if (options.json === true) context.out(JSON.stringify(result));
  else {
    context.out(
      `Nothing was written. ${result.rows} rows, ${result.evictions} evictions, ${result.skipped} left out, ${result.rejects} rejects.`,
    );
    context.out(reportText(result.report));
  }
  return result.rejects > 0 ? EXIT.findings : EXIT.done;
}

function choiceWords(options: Options): string[] {
  return Object.keys(CHOICE_OPTIONS).flatMap((name) =>
    typeof options[name] === 'string' ? [`--${name}`, options[name]] : [],
  );
}

function maxRejects(options: Options): number | null {
  const given = options['max-rejects'];
  if (typeof given !== 'string') return null;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw new CliFailure(EXIT.usage, '--max-rejects takes a number.');
}

function stepOf({ phase, bytes, total_bytes, rows, rows_sent, rejects }: ImportProgress) {
  const note = rejects > 0 ? `${rejects} rejects` : phase === 'sending' && rows > rows_sent ? 'going on' : null;
  return { what: phase, done: bytes, total: total_bytes, rows: rows_sent, note };
}
