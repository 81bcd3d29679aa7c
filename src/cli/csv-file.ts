import { CsvHistory, type CsvMapping } from '../importer/csv/csv-history.ts';
import { CsvError } from '../importer/csv/csv-reader.ts';
import { CliFailure, EXIT } from './cli-failure.ts';
import type { HistoryFile } from './history-file.ts';

/** A file of CSV as the history that it stands for. */
export function csvAsHistory(file: HistoryFile, mapping: CsvMapping): HistoryFile {
  return {
    ...file,
    async *bytes() {
      const history = new CsvHistory(mapping);
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      const bytesOf = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''));
      try {
        for await (const part of file.bytes()) yield bytesOf(history.push(decoder.decode(part, { stream: true })));
        yield bytesOf([...history.push(decoder.decode()), ...history.end()]);
      } catch (cause) {
        throw failureOf(file.name, cause) ?? cause;
      }
    },
  };
}

function failureOf(name: string, cause: unknown): CliFailure | null {
  // What a decoder throws of bytes that are not UTF-8.
  if (cause instanceof TypeError && 'code' in cause && cause.code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return new CliFailure(EXIT.bad_file, `${name} is not UTF-8.`, { hint: 'Save it as UTF-8.', cause });
  if (!(cause instanceof CsvError)) return null;
  return new CliFailure(EXIT.bad_file, `${name} cannot be taken: ${cause.message}.`, {
    hint: 'See: annals import --help, for --map, --set and --at',
    cause,
  });
}
