import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { openOperatorDatabase } from './operator-database.ts';

/** The roles that migrations make, in the order in which the CLI prints them. */
export const ROLES = ['annals_app', 'annals_import'] as const;

export type Role = (typeof ROLES)[number];
export type RolePasswords = Readonly<Record<Role, string>>;

/** 32 hexadecimal characters each: nothing that a connection string would have to escape. */
export function newRolePasswords(): RolePasswords {
  return { annals_app: randomBytes(16).toString('hex'), annals_import: randomBytes(16).toString('hex') };
}

/**
 * Lets the two roles log in with these passwords; the old ones stop working.
 * @param databaseUrl as the schema's owner, who made the roles and so may alter them (on Neon too)
 * @throws CliFailure when the database cannot be reached
 */
export async function setRolePasswords(databaseUrl: string, passwords: RolePasswords): Promise<void> {
  const client = await openOperatorDatabase(databaseUrl);
  try {
    for (const role of ROLES) {
      await client.query(`alter role ${pg.escapeIdentifier(role)} login password ${pg.escapeLiteral(passwords[role])}`);
    }
  } finally {
    await client.end();
  }
}

/** The connection string of a role to the same database. */
export function urlAs(databaseUrl: string, role: Role, passwords: RolePasswords): string {
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = passwords[role];
  return url.toString();
}
