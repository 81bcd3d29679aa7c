import { createHash } from 'node:crypto';
import type { LineValue } from '../domain/codec/history-digest.ts';
import { decodeChunk } from '../importer/decode-chunk.ts';
import { MAX_RAW_BYTES } from '../importer/limits.ts';
import { openOperatorDatabase } from './operator-database.ts';

/** Of more than these a verification knows only some; a digest takes 100 bytes. */
const MAX_REJECTS = 100_000;

/**
 * Tells the lines that an import rejected and nobody mended, of whichever file: a later export has them again, on other lines. What
 * would be taken today is none, nor is a conflict: in its place the store says something else than the file.
 */
export async function unmendedRejects(
  databaseUrl: string,
): Promise<(text: string, value: LineValue | string) => boolean> {
  // In a session of its own: one that does nothing while a large file is read may be ended meanwhile.
  const client = await openOperatorDatabase(databaseUrl);
  try {
    const { rows } = await client.query<{ digest: string }>(
      `select encode(sha256(raw), 'hex') as digest from import_rejects where reason <> another_version()
       group by raw having bool_and(mended_at is null) limit ${MAX_REJECTS}`,
    );
    const digests = new Set(rows.map(({ digest }) => digest));
    if (digests.size === 0) return () => false;
    return (text, value) => {
      const line = Buffer.from(text);
      if (typeof value !== 'string' && !digests.has(digestOf(line.subarray(0, MAX_RAW_BYTES)))) return false;
      // Not as the first line: there a header may stand, and nothing else.
      const [reject] = decodeChunk(line, 2).rejects;
      return reject !== undefined && digests.has(digestOf(reject.raw));
    };
  } finally {
    await client.end();
  }
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
