import { execFile, spawn } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { CrashableStack } from '../crashable-stack.ts';

/** A disk for the tables, which can be filled to the last byte. */
export interface TinyDisk {
  fill(): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
  remove(): void;
}

const run = promisify(execFile);
const SIZE = '256m';
/** Over /tmp of a namespace that nobody else is in: no folder is left behind. */
const MOUNTED = `mount -t tmpfs -o size=${SIZE},mode=0700 tmpfs /tmp && mkdir /tmp/tables && echo mounted && exec cat`;

/**
 * Moves every table and index, and those to come, to a small tmpfs. Who may mount nothing here (not root either, in most containers)
 * may still in a user namespace of their own: Postgres' account makes one, Postgres gets in by /proc, and all is gone when the
 * process that holds it ends, with this one at the latest.
 * @returns null where the machine allows no such namespace; see imitatedDisk
 */
export async function tinyDisk(stack: CrashableStack): Promise<TinyDisk | null> {
  const [row] = await stack.query<{ data_directory: string }>('show data_directory');
  const { uid, gid } = await stat(row?.data_directory ?? '');
  const holder = spawn('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', MOUNTED], {
    uid,
    gid,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const isMounted = await new Promise<boolean>((settle) => {
    holder.stdout.once('data', () => settle(true));
    for (const end of ['error', 'exit']) holder.once(end, () => settle(false));
  });
  if (!isMounted) return null;
  const folder = `/proc/${holder.pid}/root/tmp`;
  const ballast = `${folder}/ballast`;
  await stack.query(`create tablespace tiny location '${folder}/tables'`);
  for (const kind of ['table', 'index'])
    await stack.query(`alter ${kind} all in tablespace pg_default set tablespace tiny`);
  await stack.query('alter database annals set default_tablespace = tiny');
  // Room that a vacuum found in the files would do for a write.
  await stack.query('alter system set autovacuum = off');
  await stack.query('select pg_reload_conf()');
  return {
    async fill() {
      // As the account, since nobody else has a name in there. It ends when no byte is left, which is an error.
      const filling = run('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'], { uid, gid, env: { LC_ALL: 'C' } });
      await expect(filling).rejects.toThrow('No space left on device');
    },
    empty: () => rm(ballast, { force: true }),
    remove: () => holder.stdin.end(),
  };
}

/** Tables that one of the operations that need room writes to, whatever it does. */
const TABLES = ['event_log', 'log_rewrite', 'projections'];

/** Where no disk can be had: the tables refuse with the error that Postgres has for a full one, and everything above them is real. */
export async function imitatedDisk(stack: CrashableStack): Promise<TinyDisk> {
  await stack.query(
    `create or replace function no_room() returns trigger language plpgsql as $$
    begin
      raise exception 'could not extend file: No space left on device' using errcode = 'disk_full', hint = 'Check free disk space.';
    end $$`,
  );
  const each = (statement: (table: string) => string) => stack.query(TABLES.map(statement).join(';'));
  return {
    async fill() {
      await each((table) => `create trigger no_room before insert or update on ${table} execute function no_room()`);
    },
    async empty() {
      await each((table) => `drop trigger if exists no_room on ${table}`);
    },
    remove() {},
  };
}
