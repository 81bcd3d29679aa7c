import { importFile } from '../cli/import-file.ts';
import type { OperatorCredentials } from '../cli/operator-token.ts';
import { operatorToken } from '../cli/operator-token.ts';
import { SAMPLE_FILE } from './sample.ts';

const BAR_CHARS = 30;

/**
 * Imports the sample history through the import Worker, showing how far it is; goes on where an interrupted start left it.
 * @returns false when it was in already
 */
export async function importSample(url: string, operator: OperatorCredentials, signal: AbortSignal): Promise<boolean> {
  let sent = 0;
  const started_ms = performance.now();
  const status = await importFile({
    file: SAMPLE_FILE,
    url,
    token: operatorToken(operator),
    signal,
    onProgress({ phase, bytes, total_bytes, rows, rows_sent }) {
      sent = rows_sent;
      if (phase === 'reading' || !process.stdout.isTTY) return;
      const done = total_bytes === null || total_bytes === 0 ? 0 : bytes / total_bytes;
      const bar = '█'.repeat(Math.round(done * BAR_CHARS)).padEnd(BAR_CHARS, '░');
      process.stdout.write(`\r  Sample history  ${bar} ${String(Math.floor(done * 100)).padStart(3)} %  ${rows} rows`);
    },
  });
  if (sent === 0) return false;
  const seconds = (performance.now() - started_ms) / 1_000;
  const clear = process.stdout.isTTY ? '\r\x1b[2K' : '';
  console.log(`${clear}  Sample history  ${status.rows} rows imported in ${seconds.toFixed(1)} s`);
  return true;
}
