import { readFile } from 'node:fs/promises';
import { CliFailure, EXIT } from './cli-failure.ts';

/**
 * The lines of a file as `annals rejects ID --raw` writes and a person corrected it, by their number in the history.
 * @throws CliFailure for anything else
 */
export async function mendedLines(path: string): Promise<Map<number, string>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliFailure(EXIT.bad_file, `${path} cannot be opened.`, { hint: 'Check the path.', cause });
  });
  const mended = new Map<number, string>();
  let heading: number | null = null;
  for (const [i, line] of text.split('\n').entries()) {
    const [, number] = /^; (\d{1,15}): /.exec(line) ?? [];
    if (number !== undefined) heading = Number(number);
    else if (heading !== null) {
      if (mended.has(heading)) throw new CliFailure(EXIT.bad_file, `${path} has line ${heading} of the history twice.`);
      mended.set(heading, line);
      heading = null;
    } else if (line !== '') {
      throw new CliFailure(EXIT.bad_file, `Line ${i + 1} of ${path} does not say which line of the history it is.`, {
        hint: 'Keep the "; NUMBER: reason" line above each line, as annals rejects ID --raw writes them.',
      });
    }
  }
  return mended;
}
