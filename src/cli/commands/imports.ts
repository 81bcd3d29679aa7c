import type { ImportStatus } from '../../importer/import-status.ts';
import { EXIT } from '../cli-failure.ts';
import type { Command, CommandContext } from '../command.ts';
import { ImportApi } from '../import-api.ts';
import { reportText } from '../report-text.ts';
import { importService } from '../settings.ts';
import { table } from '../table.ts';

const SHOWN_ID_CHARS = 36;

export const importsCommand: Command = {
  usage: 'imports [ID] [--pause | --resume | --cancel] [--json]',
  summary: 'list imports, or show one with its report; pause, resume or cancel it',
  details: ['What a cancelled import wrote stays: history is append-only. Its file can be imported anew.'],
  options: {
    pause: { type: 'boolean' },
    resume: { type: 'boolean' },
    cancel: { type: 'boolean' },
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
  const { applied_lines, header, footer, ...plain } = status;
  const lines = applied_lines.map(([first, last]) => `${first}–${last}`).join(', ');
  const facts = Object.entries(plain).map(([name, value]) => [name.replaceAll('_', ' '), String(value ?? '–')]);
  out(table([...facts, ['applied lines', lines === '' ? '–' : lines], ['exported at', header?.exported_at ?? '–']]));
  out(
    `footer         ${footer === null ? 'not in yet' : `${footer.rows} rows, ${footer.entities} entities, ${footer.evicted} evictions`}`,
  );
  out(`\n${report}`);
}

function percent({ bytes, total_bytes }: ImportStatus): string {
  return total_bytes === 0 ? '' : `${((100 * bytes) / total_bytes).toFixed(1)} %`;
}
