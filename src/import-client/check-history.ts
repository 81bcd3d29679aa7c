import type { ChunkCheck } from '../importer/check-chunk.ts';
import type { ChunkReport, EdgeEntity, Finding, TypeReport } from '../importer/chunk-report.ts';
import type { ImportReport } from '../importer/import-report.ts';
import type { ImportArguments } from '../importer/request-shapes.ts';
import { type Chunk, cutChunks } from './cut-chunks.ts';
import { filteredBytes } from './filtered-bytes.ts';
import { HistoryFailure } from './history-failure.ts';
import type { HistorySource } from './history-source.ts';

const CHUNK = { lines: 2_000, bytes: 3 * 1024 * 1024 };

export interface HistoryCheck {
  readonly rows: number;
  readonly tombstones: number;
  readonly evictions: number;
  readonly skipped: number;
  readonly rejects: number;
  readonly nonconforming: number;
  readonly transactions: number;
  readonly report: ImportReport;
}

export interface CheckHistoryOptions {
  readonly history: HistorySource;
  readonly arguments: ImportArguments;
  /** Decodes and checks a chunk: a Worker that is asked, or the same code here. One chunk may have several answers. */
  readonly check: (chunk: Chunk) => Promise<readonly ChunkCheck[]>;
  /** Bytes and rows so far. */
  readonly onProgress: (bytes: number, sum: Omit<HistoryCheck, 'report' | 'transactions'>) => void;
  readonly onReject: (line: number, reason: string) => void;
  readonly signal: AbortSignal;
}

/** Has a whole history decoded and checked, with nothing written and the database not asked. */
export async function checkHistory(options: CheckHistoryOptions): Promise<HistoryCheck> {
  const sum = { rows: 0, tombstones: 0, evictions: 0, skipped: 0, rejects: 0, nonconforming: 0 };
  const report: ReportSum = {
    types: {},
    nonconforming: {},
    unknown_attributes: {},
    other_ids: null,
    skipped: {},
    transactions: 0,
    last: null,
  };
  let bytes = 0;
  for await (const chunk of cutChunks(filteredBytes(options.history.bytes(), options.arguments), [], () => CHUNK)) {
    if (options.signal.aborted) throw new HistoryFailure('interrupted', 'Interrupted.');
    for (const answer of await options.check(chunk)) {
      for (const key of ['rows', 'tombstones', 'evictions', 'skipped', 'nonconforming'] as const)
        sum[key] += answer[key];
      sum.rejects += answer.rejects.length;
      for (const { line, reason } of answer.rejects) options.onReject(line, reason);
      addReport(report, answer.report);
    }
    bytes += chunk.bytes.length;
    options.onProgress(bytes, sum);
  }
  const { transactions, last: _, ...found } = report;
  return { ...sum, transactions, report: found };
}

/** Of the chunks so far, in their order. */
interface ReportSum extends ImportReport {
  other_ids: Finding | null;
  transactions: number;
  /** The entity that the latest chunk ended with. */
  last: EdgeEntity | null;
}

function addReport(sum: ReportSum, part: ChunkReport): void {
  for (const [name, counters] of Object.entries(part.types)) {
    const known = sum.types[name];
    if (known === undefined) sum.types[name] = { ...counters };
    else for (const key of Object.keys(counters) as (keyof TypeReport)[]) known[key] += counters[key];
  }
  // An entity that goes on in the next chunk is counted once.
  if (part.first !== null && sum.last?.entity_id === part.first.entity_id) {
    for (const name of part.first.types) {
      const known = sum.types[name];
      if (known !== undefined && sum.last.types.includes(name)) known.entities--;
    }
  }
  sum.last = part.last ?? sum.last;
  sum.transactions += part.transactions;
  for (const [name, count] of Object.entries(part.skipped)) sum.skipped[name] = (sum.skipped[name] ?? 0) + count;
  addFindings(sum.nonconforming, part.nonconforming);
  addFindings(sum.unknown_attributes, part.unknown_attributes);
  const { other_ids } = part;
  if (other_ids !== null)
    sum.other_ids = {
      count: (sum.other_ids?.count ?? 0) + other_ids.count,
      line: sum.other_ids?.line ?? other_ids.line,
    };
}

function addFindings(sum: Record<string, Finding>, part: Record<string, Finding>): void {
  for (const [key, { count, line }] of Object.entries(part)) {
    const known = sum[key];
    if (known === undefined) sum[key] = { count, line };
    else known.count += count;
  }
}
