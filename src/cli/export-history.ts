import { encodeEnd, encodeHeader } from '../domain/codec/history-line.ts';
import { openOperatorDatabase } from './operator-database.ts';
import { storedHistory } from './stored-history.ts';
import { xtdb2Statements } from './xtdb2-statements.ts';

interface ExportSource {
  readonly databaseUrl: string;
  readonly onRows?: (rows: number) => void;
  readonly signal?: AbortSignal;
}

export interface ExportOptions extends ExportSource {
  /** Of this program, for the header. */
  readonly version: string;
  readonly now: Date;
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

/** The whole history as SQL for XTDB 2, whole lines at a time; see xtdb2-statements.ts. */
export async function* exportedStatements({ databaseUrl, onRows, signal }: ExportSource): AsyncGenerator<string> {
  let rows = 0;
  const database = await openOperatorDatabase(databaseUrl);
  try {
    for await (const lines of xtdb2Statements(database)) {
      signal?.throwIfAborted();
      rows += lines.filter((line) => !/^(BEGIN|COMMIT)/.test(line)).length;
      if (lines.length > 0) yield `${lines.join('\n')}\n`;
      onRows?.(rows);
    }
  } finally {
    await database.end();
  }
}
