import { encodeEnd, encodeHeader, type HistoryEnd } from '../domain/codec/history-line.ts';
import { withOperatorDatabase } from './operator-database.ts';
import { storedHistory } from './stored-history.ts';

export interface ExportOptions {
  readonly databaseUrl: string;
  /** Takes the text on, in order; the next piece waits for it. Every piece is whole lines. */
  readonly write: (text: string) => Promise<void>;
  /** Of this program, for the header. */
  readonly version: string;
  readonly now: Date;
  readonly onRows?: (rows: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes the whole history of the store in the format of an XTDB export: what came from XTDB comes out as equal values (I6).
 * @returns what the footer says
 */
export async function exportHistory({
  databaseUrl,
  write,
  version,
  now,
  onRows,
  signal,
}: ExportOptions): Promise<HistoryEnd> {
  return withOperatorDatabase(databaseUrl, async (client) => {
    const end = { rows: 0, entities: 0, evicted: 0 };
    let entity: string | null = null;
    await write(`${encodeHeader({ exported_at: now.toISOString(), store: 'annals', version })}\n`);
    for await (const page of storedHistory(client, 'all')) {
      signal?.throwIfAborted();
      for (const { kind, entity_id } of page) {
        if (kind === 'evicted') end.evicted++;
        else end.rows++;
        if (entity_id !== null && entity_id !== entity) end.entities++;
        entity = entity_id ?? entity;
      }
      if (page.length > 0) await write(`${page.map((line) => line.text).join('\n')}\n`);
      onRows?.(end.rows);
    }
    await write(`${encodeEnd(end)}\n`);
    return end;
  });
}
