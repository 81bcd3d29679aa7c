import pg from 'pg';
import { CliFailure, EXIT } from './cli-failure.ts';

/**
 * The operator's own connection, straight to Postgres: a session, which the Workers' road does not have, gives a whole
 * history as of one moment with a cursor. The caller ends it.
 *
 * @throws CliFailure when it cannot be had; the message holds nothing of the connection string
 */
export async function openOperatorDatabase(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'annals' });
  // A connection that ends while idle says so here; without a listener the process would end with it.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no connection';
    throw new CliFailure(EXIT.failed, `The database cannot be reached (${reason}).`, {
      hint: 'Check DATABASE_URL (a direct connection string, as the owner), or try again in a moment.',
      cause,
    });
  }
}
