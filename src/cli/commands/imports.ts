import { ImportApi } from '../../import-client/import-api.ts';
import type { ImportStatus } from '../../importer/import-status.ts';
import { EXIT } from '../cli-failure.ts';
import type { Command, CommandContext } from '../command.ts';
import { reportText } from '../report-text.ts';
import { importService } from '../settings.ts';
import { table } from '../table.ts';

const SHOWN_ID_CHARS = 36;

export const importsCommand: Command = {
  usage: 'imports [ID] [--pause | --resume | --cancel | --force WHY] [--json]',
  summary: 'list imports, or show one with its report; pause, resume, cancel or force it',
  details: [
    'What a cancelled import wrote stays: history is append-only. Its file can be imported anew.',
    '--force WHY finishes an import whose every line is in although the footer disagrees; who did it, and why, is kept.',
  ],
  options: {
    pause: { type: 'boolean' },
    resume: { type: 'boolean' },
    cancel: { type: 'boolean' },
    force: { type: 'string' },
    json: { type: 'boolean' },
  },
  arguments: [0, 1],
  async run([id], options, context) {
    const api = new ImportApi({ ...importService(context.env), signal: context.signal });
    if (id === undefined) {
      const imports = await api.list();
      if (options.json === true) for (const status of imports) context.out(JSON.stringify(status));
      else context.out(imports.length === 0 ? 'There are no imports.' : listText(imports));
      return EXIT.done;
    }
    if (options.pause === true) await api.pause(id, 'paused by the operator');
    if (options.resume === true) await api.act(id, 'resume');
    if (options.cancel === true) await api.act(id, 'cancel');
    if (typeof options.force === 'string') {
      // A run that the footer stopped has paused it.
      if ((await api.status(id)).state === 'paused') await api.act(id, 'resume');
      await api.force(id, options.force);
    }
    const [status, report] = [await api.status(id), await api.report(id)];
    if (options.json === true) context.out(JSON.stringify({ ...status, report }));
    else show(status, reportText(report), context);
    return EXIT.done;
  },
};

function listText(imports: readonly ImportStatus[]): string {
  const rows = imports.map((s) => [
    s.import_id.slice(0, SHOWN_ID_CHARS),
    s.state,
    s.created_at.slice(0, 16),
    percent(s),
    s.rows,
    s.rejects + s.conflicts,
    s.file_name,
  ]);
  return table([['id', 'state', 'opened', 'done', 'rows', 'rejects', 'file'], ...rows]);
}

function show(status: ImportStatus, report: string, { out }: CommandContext): void {
  const { applied_lines, header, footer, arguments: chosen, ...plain } = status;
  const lines = applied_lines.map(([first, last]) => `${first}–${last}`).join(', ');
  const facts = Object.entries(plain).map(([name, value]) => [name.replaceAll('_', ' '), String(value ?? '–')]);
  out(
    table([
      ...facts,
      ['applied lines', lines === '' ? '–' : lines],
      ['exported at', header?.exported_at ?? '–'],
      ['arguments', JSON.stringify(chosen)],
    ]),
  );
  out(
    `footer         ${footer === null ? 'not in yet' : `${footer.rows} rows, ${footer.entities} entities, ${footer.evicted} evictions`}`,
  );
  out(`\n${report}`);
}

function percent({ state, bytes, total_bytes }: ImportStatus): string {
  // Rows that are left out are sent as short lines.
  if (state === 'finished') return '100.0 %';
  return total_bytes === 0 ? '' : `${((100 * bytes) / total_bytes).toFixed(1)} %`;
}
