import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import packageJson from '../../../package.json' with { type: 'json' };
import { CliFailure, EXIT } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { exportedLines, exportedStatements } from '../export-history.ts';
import { ProgressBar } from '../progress-bar.ts';
import { databaseUrl } from '../settings.ts';

export const exportCommand: Command = {
  usage: 'export [--format ndjson|edn|xtdb2] [--output FILE]',
  summary: 'write the whole history, as of one moment: a backup that import reads, XTDB’s form, or SQL for XTDB 2',
  details: [
    '--format ndjson is a backup: hints, owners of deletes, who evicted and transactions are in it, and import makes an equal store',
    '  of it. --format edn is the history as XTDB would export it, which has no place for those; the default for a FILE named .edn.',
    'Without --output it goes to standard output. A FILE whose name ends in .gz is gzipped; it appears under its name when it is whole.',
    '--format xtdb2 writes SQL that replays the history into XTDB 2, by psql, with its own system times (docs/playbook.md).',
  ],
  options: { format: { type: 'string' }, output: { type: 'string', short: 'o' } },
  arguments: [0, 0],
  async run(_args, options, { env, err, is_terminal, signal }) {
    const bar = new ProgressBar(err, is_terminal);
    const output = typeof options.output === 'string' ? options.output : null;
    const format = formatOf(options.format, output);
    let rows = 0;
    const onRows = (done: number) => {
      rows = done;
      bar.show({ what: 'exporting', done, total: null, rows: done, note: null });
    };
    const source = { databaseUrl: databaseUrl(env), signal, onRows };
    const lines = Readable.from(
      format === 'xtdb2'
        ? exportedStatements(source)
        : exportedLines({ ...source, format, version: packageJson.version, now: new Date() }),
    );
    try {
      if (output === null) await pipeline(lines, process.stdout, { end: false });
      else await writeWhole(lines, output);
    } catch (error) {
      if (signal.aborted) throw new CliFailure(EXIT.interrupted, 'Interrupted. Nothing was left behind.');
      throw error;
    } finally {
      bar.clear();
    }
    err(`${rows} rows exported.\n`);
    return EXIT.done;
  },
};

/** As told; else as the file's name says; else a backup. */
function formatOf(told: string | boolean | undefined, output: string | null): 'ndjson' | 'edn' | 'xtdb2' {
  if (told === 'ndjson' || told === 'edn' || told === 'xtdb2') return told;
  if (told !== undefined) throw new CliFailure(EXIT.usage, '--format is ndjson, edn or xtdb2.');
  return output !== null && /\.edn(\.gz)?$/.test(output) ? 'edn' : 'ndjson';
}

/** Under another name until it is whole: nobody takes half a backup for one. */
async function writeWhole(lines: Readable, path: string): Promise<void> {
  const partial = `${path}.part`;
  try {
    const file = createWriteStream(partial, { mode: 0o600 });
    if (path.endsWith('.gz')) await pipeline(lines, createGzip(), file);
    else await pipeline(lines, file);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
