import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Fingerprint, HistorySource } from '../import-client/history-source.ts';
import { CliFailure, EXIT } from './cli-failure.ts';

/** A history on disk, plain or gzipped; it is read more than once. */
export interface HistoryFile extends HistorySource {
  /** Its bytes, decompressed, from the beginning. @throws CliFailure (while iterating) when it cannot be read or its gzip is broken */
  bytes(): AsyncIterable<Buffer>;
  /** Removes what was put aside for it. */
  close(): Promise<void>;
}

const READ_BYTES = 256 * 1024;

/** Opens a file, or standard input (`-`), which is put aside in a temporary file since its fingerprint comes first. */
export async function openHistoryFile(path: string): Promise<HistoryFile> {
  if (path !== '-') return historyFile(path, basename(path), async () => {});
  const folder = await mkdtemp(join(tmpdir(), 'annals-import-'));
  const spooled = join(folder, 'stdin');
  await pipeline(process.stdin, createWriteStream(spooled, { mode: 0o600 }));
  return historyFile(spooled, 'stdin', () => rm(folder, { recursive: true, force: true }));
}

async function historyFile(path: string, name: string, close: () => Promise<void>): Promise<HistoryFile> {
  const gzipped = await isGzip(path);
  return {
    name,
    close,
    async *bytes() {
      const raw = createReadStream(path, { highWaterMark: READ_BYTES });
      const stream = gzipped ? raw.pipe(createGunzip({ chunkSize: READ_BYTES })) : raw;
      raw.once('error', (error) => stream.destroy(error));
      try {
        for await (const part of stream) yield part as Buffer;
      } catch (cause) {
        const broken = gzipped && cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_');
        throw new CliFailure(
          EXIT.bad_file,
          broken ? `${name} is not whole: its gzip is broken or cut short.` : `${name} cannot be read.`,
          { hint: broken ? 'Copy or export it again.' : null, cause },
        );
      } finally {
        raw.destroy();
      }
    },
  };
}

async function isGzip(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new CliFailure(EXIT.bad_file, `${path} cannot be opened.`, { hint: 'Check the path.', cause });
  }
}

/** Reads the file once. @param onBytes told how many bytes were read so far */
export async function fingerprintOf(
  file: HistoryFile,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Fingerprint> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const part of file.bytes()) {
    signal.throwIfAborted();
    hash.update(part);
    bytes += part.length;
    onBytes(bytes);
  }
  return { sha256: hash.digest('hex'), bytes };
}
