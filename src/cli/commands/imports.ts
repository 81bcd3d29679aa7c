import { ImportApi } from '../../import-client/import-api.ts';
import type { ImportStatus } from '../../importer/import-status.ts';
import { EXIT } from '../cli-failure.ts';
import type { Command, CommandContext } from '../command.ts';
import { importId } from '../import-id.ts';
import { reportText } from '../report-text.ts';
import { importService } from '../settings.ts';
import { table } from '../table.ts';

export const importsCommand: Command = {
  usage: 'imports [ID] [--pause | --resume | --cancel | --force WHY] [--json]',
  summary: 'list imports, or show one with its report; pause, resume, cancel or force it',
  details: [
    'The beginning of an ID is enough. Heard of says when its sender last sent or pressed anything: one that runs and is silent was cut off.',
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
  async run([given], options, context) {
    const api = new ImportApi({ ...importService(context.env), signal: context.signal });
    if (given === undefined) {
      const imports = await api.list();
      if (options.json === true) for (const status of imports) context.out(JSON.stringify(status));
      else context.out(imports.length === 0 ? 'There are no imports.' : listText(imports));
      return EXIT.done;
    }
    const id = await importId(api, given);
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
    s.import_id,
    s.state,
    s.created_at.slice(0, 16),
    s.last_heartbeat_at.slice(0, 19),
    percent(s),
    s.rows,
    s.rejects + s.conflicts,
    s.file_name,
  ]);
  return table([['id', 'state', 'opened', 'heard of', 'done', 'rows', 'rejects', 'file'], ...rows]);
}

function show(status: ImportStatus, report: string, { out }: CommandContext): void {
  const { header, footer } = status;
  const lines = status.applied_lines.map(([first, last]) => `${first}–${last}`).join(', ');
  const facts: readonly (readonly [string, string | number | null])[] = [
    ['import', status.import_id],
    ['file', status.file_name],
    ['fingerprint', status.fingerprint],
    ['what of it', JSON.stringify(status.arguments) === '{}' ? 'all' : JSON.stringify(status.arguments)],
    ['exported', header?.exported_at ?? null],
    ['state', `${status.state} since ${status.state_since}`],
    ['opened', `${status.created_at} by ${status.created_by}`],
    ['heard of', status.last_heartbeat_at],
    ['last chunk', status.last_chunk_at],
    ['running', `${(status.running_ms / 1_000).toFixed(1)} s, without pauses`],
    ['last error', status.last_error],
    ['forced', status.forced_reason === null ? null : `${status.forced_reason}, by ${status.forced_by}`],
    ['bytes', `${status.bytes} of ${status.total_bytes} (${percent(status)}) in ${status.chunks} chunks`],
    ['lines in', lines === '' ? null : `${lines}; the next is ${status.next_line}`],
    ['rows', `${status.rows}, of them ${status.inserted} new`],
    ['deletes', status.tombstones],
    ['evictions', `${status.evictions}, which erased ${status.erased} older versions`],
    ['transactions', status.transactions],
    ['left out', status.skipped],
    ['rejects', `${status.rejects + status.conflicts}, of them ${status.conflicts} conflicts; ${status.mended} mended`],
    ['nonconforming', status.nonconforming],
    [
      'footer',
      footer === null ? 'not in yet' : `${footer.rows} rows, ${footer.entities} entities, ${footer.evicted} evictions`,
    ],
  ];
  out(table(facts.filter(([, fact]) => fact !== null).map(([name, fact]) => [name, String(fact)])));
  out(`\n${report}`);
}

function percent({ state, bytes, total_bytes }: ImportStatus): string {
  // Rows that are left out are sent as short lines.
  if (state === 'finished') return '100.0 %';
  return total_bytes === 0 ? '' : `${((100 * bytes) / total_bytes).toFixed(1)} %`;
}
