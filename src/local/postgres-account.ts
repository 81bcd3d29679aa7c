import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { absentOn } from './absent-on.ts';

export interface PostgresAccount {
  uid: number;
  gid: number;
}

/**
 * The account that Postgres runs as when we are root, which it refuses to be: `postgres` if the machine has it,
 * else `nobody`. Undefined when we are an ordinary user, and Postgres runs as ourselves.
 * No account is made: a development tool should not change the machine's users.
 */
export async function unprivilegedAccount(): Promise<PostgresAccount | undefined> {
  if (userInfo().uid !== 0) return undefined;
  const passwd = await readFile('/etc/passwd', 'utf8');
  const account = findAccount(passwd, 'postgres') ?? findAccount(passwd, 'nobody');
  if (!account) throw new Error('Postgres refuses to run as root, and there is no account "postgres" or "nobody".');
  return account;
}

function findAccount(passwd: string, name: string): PostgresAccount | undefined {
  const line = passwd.split('\n').find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid !== undefined && gid !== undefined ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/** Whether every folder on the way to `path` is open to the account: not so for a project below /root, say. */
export async function canReach(account: PostgresAccount, path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    // What is not made yet will be open; what even root may not look at (a FUSE mount of somebody's) shows when it is used.
    const info = await stat(folder).catch(absentOn('ENOENT', 'EACCES'));
    if (info) {
      const bit = info.uid === account.uid ? 0o100 : info.gid === account.gid ? 0o010 : 0o001;
      if ((info.mode & bit) === 0) return false;
    }
    if (folder === dirname(folder)) return true;
  }
}
