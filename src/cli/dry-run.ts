import type { ChunkReport, EdgeEntity, Finding, TypeReport } from '../importer/chunk-report.ts';
import type { ImportReport } from '../importer/import-report.ts';
import { CliFailure, EXIT } from './cli-failure.ts';
import { type Chunk, cutChunks, halves } from './cut-chunks.ts';
import { filteredBytes } from './filtered-bytes.ts';
import { ApiFailure, ImportApi } from './import-api.ts';
import { type ImportFileOptions, openImportFile } from './import-file.ts';

const CHUNK = { lines: 2_000, bytes: 3 * 1024 * 1024 };

export interface DryRun {
  readonly rows: number;
  readonly tombstones: number;
  readonly evictions: number;
  readonly skipped: number;
  readonly rejects: number;
  readonly nonconforming: number;
  readonly transactions: number;
  readonly report: ImportReport;
}

/** Has the import Worker decode and check a whole history, with nothing written and the database not asked. */
export async function dryRun(options: ImportFileOptions): Promise<DryRun> {
  const signal = options.signal ?? new AbortController().signal;
  const { url, token, onRetry } = options;
  const api = new ImportApi({ url, token, signal, ...(onRetry && { onRetry }) });
  const file = await openImportFile(options);
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
  const check = async (chunk: Chunk): Promise<void> => {
    try {
      const answer = await api.check(chunk);
      for (const key of ['rows', 'tombstones', 'evictions', 'skipped', 'nonconforming'] as const)
        sum[key] += answer[key];
      sum.rejects += answer.rejects.length;
      for (const { line, reason } of answer.rejects) options.onReject?.(line, reason);
      addReport(report, answer.report);
    } catch (error) {
      const parts = error instanceof ApiFailure && error.status === 413 ? halves(chunk) : null;
      if (parts === null) throw error;
      for (const part of parts) await check(part);
    }
  };
  try {
    for await (const chunk of cutChunks(filteredBytes(file.bytes(), options.arguments ?? {}), [], () => CHUNK)) {
      if (signal.aborted) throw new CliFailure(EXIT.interrupted, 'Interrupted.');
      await check(chunk);
      bytes += chunk.bytes.length;
      const { rows, rejects } = sum;
      options.onProgress?.({ phase: 'sending', bytes, total_bytes: null, rows, rows_sent: rows, rejects });
    }
  } finally {
    await file.close();
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
