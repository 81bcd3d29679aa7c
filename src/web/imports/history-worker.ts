import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { checkHistory } from '../../import-client/check-history.ts';
import { HistoryFailure } from '../../import-client/history-failure.ts';
import type { HistorySource } from '../../import-client/history-source.ts';
import { checkChunk } from '../../importer/check-chunk.ts';
import { decodeChunk } from '../../importer/decode-chunk.ts';
import { Failure } from '../../store/failure.ts';
import { digestHistory } from './digest-history.ts';
import { fileHistory } from './file-history.ts';
import type { HistoryAnswer, HistoryRequest, HistoryTasks } from './history-task.ts';

/** Works on whole files beside the page: the same code as in the import Worker and in the command. */

const MAX_REJECTS_SHOWN = 50;
const PROGRESS_EVERY_MS = 100;

const progress = { bytes: 0, rows: 0, rejects: 0 };
let told_ms = 0;

function tell(): void {
  if (performance.now() - told_ms < PROGRESS_EVERY_MS) return;
  told_ms = performance.now();
  answer({ progress: { ...progress } });
}

function answer(message: HistoryAnswer): void {
  postMessage(message);
}

type Task<Name extends keyof HistoryTasks> = (
  history: HistorySource,
  request: HistoryRequest,
) => Promise<HistoryTasks[Name]>;

const TASKS: { readonly [Name in keyof HistoryTasks]: Task<Name> } = {
  async fingerprint(history) {
    const hash = sha256.create();
    let bytes = 0;
    for await (const part of history.bytes()) {
      hash.update(part);
      bytes += part.length;
    }
    return { sha256: bytesToHex(hash.digest()), bytes };
  },
  async check(history, request) {
    const first_rejects: { line: number; reason: string }[] = [];
    const found = await checkHistory({
      history,
      arguments: request.arguments,
      check: async ({ bytes, first_line }) => [checkChunk(decodeChunk(bytes, first_line))],
      onProgress(_bytes, { rows, rejects }) {
        progress.rows = rows;
        progress.rejects = rejects;
        tell();
      },
      onReject(line, reason) {
        if (first_rejects.length < MAX_REJECTS_SHOWN) first_rejects.push({ line, reason });
      },
      // It is ended whole.
      signal: new AbortController().signal,
    });
    return { ...found, first_rejects };
  },
  async digest(history, request) {
    const { digests, ...found } = await digestHistory(history, request.arguments, (rows) => {
      progress.rows = rows;
    });
    return { ...found, entries: digests.entries() };
  },
};

addEventListener('message', async ({ data }: MessageEvent<HistoryRequest>) => {
  const history = fileHistory(data.file, (bytes) => {
    progress.bytes = bytes;
    tell();
  });
  try {
    answer({ done: await TASKS[data.task](history, data) });
  } catch (error) {
    const hint = error instanceof HistoryFailure || error instanceof Failure ? error.hint : null;
    answer({ failed: error instanceof Error ? error.message : String(error), hint });
  }
});
