import { EXIT } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { ImportApi } from '../import-api.ts';
import { importService } from '../settings.ts';

export const rejectsCommand: Command = {
  usage: 'rejects ID [--raw] [--json]',
  summary: 'the lines that an import could not take, with line number and reason',
  details: ['--raw prints the lines themselves, to be mended; --json one object a line, with the bytes in base64.'],
  options: { raw: { type: 'boolean' }, json: { type: 'boolean' } },
  arguments: [1, 1],
  async run([id = ''], options, { env, out, signal }) {
    const api = new ImportApi({ ...importService(env), signal });
    for (let after: number | null = 0; after !== null; ) {
      const page = await api.rejects(id, after);
      for (const reject of page.rejects) {
        if (options.json === true) out(JSON.stringify(reject));
        else if (options.raw === true) out(Buffer.from(reject.raw, 'base64').toString('utf8'));
        else out(`${reject.line}: ${reject.reason}`);
      }
      after = page.next_after_line;
    }
    return EXIT.done;
  },
};
