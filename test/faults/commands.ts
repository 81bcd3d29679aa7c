import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { EXIT } from '../../src/cli/cli-failure.ts';
import { importFile } from '../../src/cli/import-file.ts';
import { verifyHistory } from '../../src/cli/verify-history.ts';
import type { CrashableStack } from '../crashable-stack.ts';
import { writeHistory } from '../import/write-history.ts';
import type { Told } from './client.ts';
import { keepPutting } from './keep-putting.ts';
import type { Operation } from './operation.ts';
import { OPERATOR } from './stage.ts';
import { startWire } from './wire.ts';

const ANNALS = fileURLToPath(new URL('../../src/cli/annals.ts', import.meta.url));
const ROWS = 40;

interface CommandOptions {
  readonly argv: readonly string[];
  /** The way back. */
  readonly undo: readonly string[];
  readonly isStruck: (query: string) => boolean;
  readonly held: string;
  /** What is so after it, and not after the way back, nor before. */
  isDone(stack: CrashableStack): Promise<boolean>;
}

/** An operator's command, straight to Postgres, while somebody writes; and the way back. */
const command = ({ argv, undo, isStruck, held, isDone }: CommandOptions): Operation => ({
  isStruck,
  held,
  needsRoom: true,
  isPersistent: false,
  repeatsWords: true,
  async begin(stack, user) {
    const database = new URL(stack.databaseUrl);
    const wire = await startWire(database, stack.neon.faults);
    Object.assign(database, { ...OPERATOR, port: wire.port });
    const docs = Array.from({ length: ROWS }, (_, n) => ({ label: `Habit ${n}`, sensitive: false, archived: false }));
    const { file, remove } = await writeHistory(user, docs);
    await importFile({ file, url: stack.importUrl, token: stack.operatorToken });
    const writing = keepPutting(stack, user);

    let child: ChildProcess | null = null;
    const annals = async (args: readonly string[], signal?: AbortSignal): Promise<Told> => {
      const running = spawn(process.execPath, [ANNALS, ...args], {
        env: { DATABASE_URL: database.href },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child = running;
      signal?.addEventListener('abort', () => running.kill('SIGINT'), { once: true });
      const [said, [code]] = await Promise.all([text(running.stderr), once(running, 'close')]);
      return { status: STATUS[code] ?? 'cut', retry_after: null, text: said };
    };
    const checkWritten = async () => {
      const written = [...writing.acknowledged];
      const [row] = await stack.query(
        `select (select count(*)::integer from event_log where entity_id = any($1)) as versions,
           (select count(*)::integer from entities where entity_id = any($1)) as current`,
        [written],
      );
      expect(row).toEqual({ versions: written.length, current: written.length });
    };
    return {
      ids: [],
      run: (signal) => annals(argv, signal),
      async kill() {
        child?.kill('SIGKILL');
      },
      async check() {
        expect(await isDone(stack)).toBe(true);
        const back = await annals(undo);
        expect(back.status, back.text).toBe(200);
        expect(await isDone(stack)).toBe(false);
        await writing.stop();
        expect(writing.acknowledged.length).toBeGreaterThan(0);
        await checkWritten();
        // Of a write by a clock that was ahead it says so until the clock is there.
        await expect
          .poll(() => verifyHistory({ file, databaseUrl: stack.databaseUrl, isPart: true }))
          .toMatchObject({ equal: true, store: { rows: ROWS } });
        wire.stop();
        await remove();
      },
      checkNotHalf: checkWritten,
    };
  },
  expectClear({ status, text: said }) {
    if (status !== 503) return;
    // A sentence, and the next move.
    expect(said).toMatch(/(^|\n)annals: \S.*\n\S.*\n$/);
    expect(said).not.toContain(OPERATOR.password);
  },
});

/** As the API would have said it. */
const STATUS: Readonly<Record<number, number>> = { [EXIT.done]: 200, [EXIT.failed]: 503 };

const yes = async (stack: CrashableStack, query: string): Promise<boolean> => {
  const [row] = await stack.query<{ yes: boolean }>(`select ${query} as yes`);
  return row?.yes ?? false;
};

/** @param step the function to strike at */
export const partitioning = (step: string): Operation =>
  command({
    argv: ['partition'],
    undo: ['partition', '--undo'],
    isStruck: (query) => query.includes(step),
    held: 'log_rewrite',
    isDone: (stack) =>
      yes(
        stack,
        `not exists (select from log_rewrite) and to_regclass('event_log_next') is null and to_regclass('event_log_before') is null
           and (select relkind = 'p' from pg_class where oid = 'event_log'::regclass)`,
      ),
  });

export const projection: Operation = command({
  argv: ['project', 'habit', 'label'],
  undo: ['project', 'habit', '--drop'],
  isStruck: (query) => query.includes('with page as') && query.includes('projected_habit'),
  held: 'projections',
  isDone: async (stack) =>
    (await yes(stack, `exists (select from projections where entity_type = 'habit' and is_complete)`)) &&
    (await yes(
      stack,
      `not exists (
         (select entity_id, doc ->> 'label' from entities where entity_type = 'habit' except select entity_id, label from projected_habit)
         union all
         (select entity_id, label from projected_habit except select entity_id, doc ->> 'label' from entities where entity_type = 'habit')
       )`,
    )),
});
