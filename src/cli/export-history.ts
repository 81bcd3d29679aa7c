import { encodeEnd, encodeHeader } from '../domain/codec/history-line.ts';
import { openOperatorDatabase } from './operator-database.ts';
import { storedHistory } from './stored-history.ts';

export interface ExportOptions {
  readonly databaseUrl: string;
  /** Of this program, for the header. */
  readonly version: string;
  readonly now: Date;
  readonly onRows?: (rows: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * The whole history of the store in the format of an XTDB export, whole lines at a time: what came from XTDB comes out as
 * equal values (I6).
 */
export async function* exportedLines({
  databaseUrl,
  version,
  now,
  onRows,
  signal,
}: ExportOptions): AsyncGenerator<string> {
  const end = { rows: 0, entities: 0, evicted: 0 };
  let entity: string | null = null;
  yield `${encodeHeader({ exported_at: now.toISOString(), store: 'annals', version })}\n`;
  const database = await openOperatorDatabase(databaseUrl);
  try {
    for await (const page of storedHistory(database, 'all')) {
      signal?.throwIfAborted();
      for (const { kind, entity_id } of page) {
        if (kind === 'evicted') end.evicted++;
        else end.rows++;
        if (entity_id !== null && entity_id !== entity) end.entities++;
        entity = entity_id ?? entity;
      }
      if (page.length > 0) yield `${page.map((line) => line.text).join('\n')}\n`;
      onRows?.(end.rows);
    }
  } finally {
    await database.end();
  }
  yield `${encodeEnd(end)}\n`;
}
