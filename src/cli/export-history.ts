import { HISTORY_FORMATS } from '../domain/codec/history-format.ts';
import { openOperatorDatabase } from './operator-database.ts';
import { type StoredPiece, storedHistory } from './stored-history.ts';
import { xtdb2Statements } from './xtdb2-statements.ts';

interface ExportSource {
  readonly databaseUrl: string;
  readonly onRows?: (rows: number) => void;
  readonly signal?: AbortSignal;
}

export interface ExportOptions extends ExportSource {
  /** `ndjson` is a backup to the letter; `edn` is what XTDB's export would be, without hints and transactions. */
  readonly format: 'edn' | 'ndjson';
  /** Of this program, for the header. */
  readonly version: string;
  readonly now: Date;
}

/**
 * The whole history of the store as `annals import` takes it, whole lines at a time: what came from XTDB comes out as equal
 * values (I6).
 */
export async function* exportedLines(options: ExportOptions): AsyncGenerator<string> {
  const { databaseUrl, version, now, onRows, signal } = options;
  const format = HISTORY_FORMATS[options.format];
  const end = { rows: 0, entities: 0, evicted: 0, transactions: 0 };
  let entity: string | null = null;
  const lineOf = (piece: StoredPiece): string | null => {
    if (piece.kind === 'transaction') {
      if (format.transaction === null) return null;
      end.transactions++;
      return format.transaction(piece.transaction);
    }
    if (piece.kind === 'evicted') {
      end.evicted++;
      return format.evicted(piece.eviction);
    }
    end.rows++;
    if (piece.event.entity_id !== entity) end.entities++;
    entity = piece.event.entity_id;
    return format.row(piece.event);
  };
  const database = await openOperatorDatabase(databaseUrl);
  try {
    yield `${format.header({ exported_at: now.toISOString(), store: 'annals', version })}\n`;
    for await (const page of storedHistory(database, 'all')) {
      signal?.throwIfAborted();
      yield page
        .map(lineOf)
        .filter((line) => line !== null)
        .map((line) => `${line}\n`)
        .join('');
      onRows?.(end.rows);
    }
  } finally {
    await database.end();
  }
  yield `${format.end(end)}\n`;
}

/** The whole history as SQL for XTDB 2, whole lines at a time; see xtdb2-statements.ts. */
export async function* exportedStatements({ databaseUrl, onRows, signal }: ExportSource): AsyncGenerator<string> {
  let rows = 0;
  const database = await openOperatorDatabase(databaseUrl);
  try {
    for await (const { rows: more, lines } of xtdb2Statements(database)) {
      signal?.throwIfAborted();
      rows += more;
      if (lines.length > 0) yield `${lines.join('\n')}\n`;
      onRows?.(rows);
    }
  } finally {
    await database.end();
  }
}
