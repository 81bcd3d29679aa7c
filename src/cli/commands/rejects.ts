import { ApiFailure } from '../../import-client/api-failure.ts';
import { ImportApi } from '../../import-client/import-api.ts';
import { rejectHeading } from '../../import-client/reject-heading.ts';
import { CliFailure, EXIT, type ExitCode } from '../cli-failure.ts';
import type { Command, CommandContext } from '../command.ts';
import { importId } from '../import-id.ts';
import { mendedLines } from '../mended-lines.ts';
import { importService } from '../settings.ts';

export const rejectsCommand: Command = {
  usage: 'rejects ID [--raw | --retry FILE] [--json]',
  summary: 'the lines that an import could not take, with line number and reason; apply them when corrected',
  details: [
    '--raw prints the lines themselves, each below a line "; NUMBER: reason": to be corrected in a file.',
    '--retry FILE applies the lines of that file, each in place of the reject of its number, once.',
    '--json prints one object a line, with the bytes in base64.',
  ],
  options: { raw: { type: 'boolean' }, retry: { type: 'string' }, json: { type: 'boolean' } },
  arguments: [1, 1],
  async run([given = ''], options, context) {
    const api = new ImportApi({ ...importService(context.env), signal: context.signal });
    const id = await importId(api, given);
    if (typeof options.retry === 'string') return await retry(api, id, options.retry, context);
    const { out } = context;
    for (let after: number | null = 0; after !== null; ) {
      const page = await api.rejects(id, after);
      for (const reject of page.rejects) {
        if (options.json === true) out(JSON.stringify(reject));
        else if (reject.mended && options.raw === true) continue;
        else if (options.raw === true) {
          out(rejectHeading(reject.line, reject.reason));
          out(Buffer.from(reject.raw, 'base64').toString('utf8'));
        } else out(`${reject.line}: ${reject.reason}${reject.mended ? ' (mended)' : ''}`);
      }
      after = page.next_after_line;
    }
    return EXIT.done;
  },
};

/** Each line by itself: what is wrong with one costs the others nothing. */
async function retry(api: ImportApi, id: string, path: string, { out, err }: CommandContext): Promise<ExitCode> {
  const mended = await mendedLines(path);
  if (mended.size === 0) throw new CliFailure(EXIT.bad_file, `${path} holds no lines.`);
  const found = { applied: 0, before: 0, refused: 0 };
  for (const [line, text] of mended) {
    try {
      const { applied } = await api.mend(id, line, text);
      found[applied ? 'applied' : 'before']++;
    } catch (error) {
      if (!(error instanceof ApiFailure) || ![400, 404, 409, 422].includes(error.status)) throw error;
      found.refused++;
      err(`line ${line}: ${error.message}\n`);
    }
  }
  out(`${found.applied} lines applied, ${found.before} were in already, ${found.refused} refused.`);
  return found.refused > 0 ? EXIT.findings : EXIT.done;
}
