import { decodeLine } from '../domain/codec/history-format.ts';
import type {
  HistoryEnd,
  HistoryEviction,
  HistoryHeader,
  HistoryLine,
  HistoryReject,
  HistoryRow,
  HistoryTransaction,
} from '../domain/codec/history-line.ts';
import { Failure } from '../store/failure.ts';
import {
  MAX_LINE_VALUES,
  MAX_META_CHARS,
  MAX_NAME_CHARS,
  MAX_RAW_BYTES,
  MAX_REASON_CHARS,
  MAX_ROW_BYTES,
} from './limits.ts';
import { requestBytes } from './request-bytes.ts';
import { type Line, splitLines } from './split-lines.ts';

export interface DecodedRow extends HistoryRow {
  readonly line: number;
}

export interface ChunkReject {
  readonly line: number;
  readonly reason: string;
  /** The line's bytes, or the beginning of very many. */
  readonly raw: Uint8Array;
}

/** What a chunk's lines are. Every line is in exactly one of header, rows, evictions, transactions, skipped, rejects and footer. */
export interface DecodedChunk {
  readonly bytes: Uint8Array;
  readonly first_line: number;
  readonly last_line: number;
  readonly header: HistoryHeader | null;
  readonly footer: HistoryEnd | null;
  readonly rows: readonly DecodedRow[];
  readonly evictions: readonly HistoryEviction[];
  readonly transactions: readonly HistoryTransaction[];
  readonly rejects: readonly ChunkReject[];
  /** Rows that the sender left out, by type. */
  readonly skipped: ReadonlyMap<string, number>;
}

const WRONG_FILE_HINT = 'The file is not what was exported. Export again.';

/**
 * Decodes a chunk. A line that is no row, eviction, header or footer is a reject, and costs the others nothing;
 * a history without a header, or one that goes on after its footer, is refused.
 *
 * @throws Failure AN422 line 1 is no header, or lines after the footer
 */
export function decodeChunk(bytes: Uint8Array, firstLine: number): DecodedChunk {
  const lines = splitLines(bytes, firstLine);
  const rows: DecodedRow[] = [];
  const evictions: HistoryEviction[] = [];
  const transactions: HistoryTransaction[] = [];
  const rejects: ChunkReject[] = [];
  const skipped = new Map<string, number>();
  let header: HistoryHeader | null = null;
  let footer: HistoryEnd | null = null;
  for (const line of lines) {
    if (footer !== null) {
      throw new Failure('AN422', 'the file goes on after its footer', {
        details: { line: line.number },
        hint: WRONG_FILE_HINT,
      });
    }
    const decoded =
      line.text === null
        ? faultOf(line)
        : withinLimits(decodeLine(line.text, line.number, MAX_LINE_VALUES), line.number);
    if (line.number === 1 && decoded.kind !== 'header') {
      const reason = decoded.kind === 'reject' ? decoded.reason : `it is ${NAMES[decoded.kind]}`;
      throw new Failure('AN422', `line 1 is not the header of a history: ${reason}`, {
        details: { line: 1 },
        hint: 'Check that the file is an export in the format of docs/history-format.md, from its first line on.',
      });
    }
    if (decoded.kind === 'row') rows.push({ ...decoded, line: line.number });
    else if (decoded.kind === 'evicted') evictions.push(decoded);
    else if (decoded.kind === 'transaction') transactions.push(decoded);
    else if (decoded.kind === 'skipped') skipped.set(decoded.type, (skipped.get(decoded.type) ?? 0) + 1);
    else if (decoded.kind === 'end') footer = decoded;
    else if (decoded.kind === 'reject') rejects.push(rejected(line, reasonOf(decoded), decoded.raw));
    else if (line.number === 1) header = decoded;
    else rejects.push(rejected(line, 'a header stands on line 1 and nowhere else'));
  }
  return {
    bytes,
    first_line: firstLine,
    last_line: firstLine + lines.length - 1,
    header,
    footer,
    rows,
    evictions,
    transactions,
    rejects,
    skipped,
  };
}

const NAMES = {
  row: 'a row',
  evicted: 'an eviction',
  transaction: 'a transaction',
  end: 'a footer',
  skipped: 'a row left out',
} as const;

/** What would be more of a request to the database than a line may be is a reject: no chunk is small enough for it. */
function withinLimits(decoded: HistoryLine, line: number): HistoryLine {
  const reason = whyTooLarge(decoded);
  return reason === null ? decoded : { kind: 'reject', line, offset: 0, reason };
}

function whyTooLarge(decoded: HistoryLine): string | null {
  for (const name of namesIn(decoded)) {
    const chars = name?.length ?? 0;
    if (chars > MAX_NAME_CHARS) return `a name in it has ${chars} characters; ${MAX_NAME_CHARS} is the most`;
  }
  if (decoded.kind === 'transaction') {
    const chars = decoded.meta?.length ?? 0;
    return chars > MAX_META_CHARS ? `its meta has ${chars} characters; ${MAX_META_CHARS} is the most` : null;
  }
  if (decoded.kind !== 'row') return null;
  const { doc, hints } = decoded.event;
  const bytes = requestBytes((doc ?? '') + (hints ?? ''));
  return bytes > MAX_ROW_BYTES
    ? `its document takes ${bytes} bytes of a request to the database; ${MAX_ROW_BYTES} is the most`
    : null;
}

/** Names that a request holds beside documents, of types several times over. */
function namesIn(decoded: HistoryLine): readonly (string | null | undefined)[] {
  if (decoded.kind === 'row') return [decoded.event.entity_type, ...decoded.unknown_attributes];
  if (decoded.kind === 'evicted') return [decoded.record?.entity_type, decoded.record?.evicted_by];
  if (decoded.kind === 'transaction') return [decoded.client];
  if (decoded.kind === 'skipped') return [decoded.type];
  return decoded.kind === 'header' ? [decoded.store, decoded.version, decoded.since] : [];
}

function faultOf(line: Line): { kind: 'reject' } & HistoryReject {
  return { kind: 'reject', line: line.number, offset: 0, reason: line.fault ?? 'the line has no text' };
}

function reasonOf({ offset, reason }: HistoryReject): string {
  return offset === 0 ? reason : `${reason} (at character ${offset + 1})`;
}

function rejected(line: Line, why: string, said: string | null = line.text): ChunkReject {
  const reason = why.slice(0, MAX_REASON_CHARS);
  const raw = line.bytes ?? new TextEncoder().encode(said ?? '');
  if (raw.length <= MAX_RAW_BYTES) return { line: line.number, reason, raw };
  return {
    line: line.number,
    reason: `${reason}; of the line's ${raw.length} bytes only the first ${MAX_RAW_BYTES} are kept`,
    raw: raw.slice(0, MAX_RAW_BYTES),
  };
}
