import { importFile } from '../cli/import-file.ts';
import type { OperatorCredentials } from '../cli/operator-token.ts';
import { operatorToken } from '../cli/operator-token.ts';
import { ProgressBar } from '../cli/progress-bar.ts';
import { SAMPLE_FILE } from './sample.ts';

/**
 * Imports the sample history through the import Worker, showing how far it is; goes on where an interrupted start left it.
 * @returns false when it was in already
 */
export async function importSample(url: string, operator: OperatorCredentials, signal: AbortSignal): Promise<boolean> {
  let sent = 0;
  const started_ms = performance.now();
  const bar = new ProgressBar((text) => process.stdout.write(text), process.stdout.isTTY);
  const status = await importFile({
    file: SAMPLE_FILE,
    url,
    token: operatorToken(operator),
    signal,
    onProgress({ phase, bytes, total_bytes, rows, rows_sent }) {
      sent = rows_sent;
      if (phase === 'sending') bar.show({ what: 'Sample history', done: bytes, total: total_bytes, rows, note: null });
    },
  });
  bar.clear();
  if (sent === 0) return false;
  const seconds = (performance.now() - started_ms) / 1_000;
  console.log(`  Sample history  ${status.rows} rows imported in ${seconds.toFixed(1)} s`);
  return true;
}
