import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect } from 'vitest';
import { mutated, mutations, packed, packing, place } from '../import/mutated-history.ts';
import type { Stack } from '../stack.ts';

const ENTRY = new URL('../../src/cli/annals.ts', import.meta.url).pathname;
/** Far more than the largest of these files takes: what is longer hangs. */
const HANGS_MS = 120_000;

/**
 * Gives mutated files to `annals import` as a shell would. Each ends by itself: done, done with rejects, or a file that cannot be taken,
 * and says so in a line; the import is then finished or paused, and current state is the log's.
 */
export async function importMutatedFiles(stack: Stack, runs: number): Promise<void> {
  const path = join(tmpdir(), `annals-mutated-${process.pid}-${Date.now()}`);
  const env = {
    PATH: process.env.PATH ?? '',
    ANNALS_IMPORT_URL: stack.workers.importUrl,
    ANNALS_TOKEN: await stack.operatorToken(),
  };
  try {
    await fc.assert(
      fc.asyncProperty(mutations, packing, place, async (done, how, where) => {
        await writeFile(path, packed(mutated(done), how, where).body);
        const child = spawn(process.execPath, [ENTRY, 'import', path], {
          env,
          timeout: HANGS_MS,
          killSignal: 'SIGKILL',
        });
        const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
        expect([0, 3, 4], err).toContain(code);
        expect(out + err).not.toMatch(/^\s+at |undefined|\[object /m);
        if (code === 4) expect(err).toMatch(/^annals: \S.{10}/m);
        else expect(out).toMatch(/^Import \S+ is finished: /);
        if (code === 3) expect(out).toMatch(/^See them with: annals rejects /m);
        const { rows } = await stack.database.query(
          `select stale_entities()::integer as stale, (select state from imports order by created_at desc limit 1) as state`,
        );
        expect(rows[0].stale).toBe(0);
        // One that cannot be reached would still run.
        expect(rows[0].state, err).not.toBe('running');
      }),
      { numRuns: runs, endOnFailure: true },
    );
  } finally {
    await rm(path, { force: true });
  }
}
