import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** The roles that the Workers connect as (migrations/0001); neither owns a table. */
export const WORKER_ROLES = ['annals_app', 'annals_import'] as const;
export type WorkerRole = (typeof WORKER_ROLES)[number];

/** 144 bits; Neon asks for 60. */
const PASSWORD_BYTES = 18;

/**
 * Lets the Workers' roles log in, with new random passwords. A role that can log in already keeps its password, which nobody
 * can read back, unless `rotate`.
 *
 * @param databaseUrl a direct connection as the schema's owner, after `migrate`
 * @returns for each role the connection string to put into its Worker's secret DATABASE_URL, or null where it kept its password
 */
export async function giveRolesPasswords(
  databaseUrl: string,
  { rotate }: { rotate: boolean },
): Promise<Record<WorkerRole, string | null>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const given: Record<WorkerRole, string | null> = { annals_app: null, annals_import: null };
    await client.query('begin');
    // Two at once would each print secrets, of which one set is wrong.
    await client.query("select pg_advisory_xact_lock(hashtextextended('annals roles', 0))");
    for (const role of WORKER_ROLES) {
      const { rows } = await client.query<{ rolcanlogin: boolean }>(
        'select rolcanlogin from pg_roles where rolname = $1',
        [role],
      );
      if (rows[0] === undefined) throw new Error(`There is no role ${role} yet. Run "annals migrate" first.`);
      if (rows[0].rolcanlogin && !rotate) continue;
      const password = randomBytes(PASSWORD_BYTES).toString('base64url');
      await client.query(`alter role ${role} login password ${pg.escapeLiteral(password)}`);
      given[role] = asRole(databaseUrl, role, password);
    }
    await client.query('commit');
    return given;
  } finally {
    await client.end();
  }
}

function asRole(databaseUrl: string, role: WorkerRole, password: string): string {
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = password;
  return url.href;
}
