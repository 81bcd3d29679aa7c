import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeEnd, encodeHeader, encodeHistoryRow } from '../../src/domain/codec/history-line.ts';

const AT = '2025-03-01T10:00:00.000Z';

/** A history of new habits of one user, one version each, in a temporary file. */
export async function writeHistory(
  user: string,
  docs: readonly object[],
): Promise<{ file: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'annals-history-'));
  const file = join(folder, 'history.edn');
  const rows = docs.map((doc, n) =>
    encodeHistoryRow({
      entity_id: randomUUID(),
      entity_type: 'habit',
      user_id: user,
      valid_time: AT,
      tx_time: AT,
      tx: String(n + 1),
      doc: JSON.stringify(doc),
      hints: null,
    }),
  );
  const lines = [
    encodeHeader({ exported_at: AT, store: 'xtdb', version: '1.24.5' }),
    ...rows,
    encodeEnd({ rows: rows.length, entities: rows.length, evicted: 0 }),
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}
