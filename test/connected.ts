import pg from 'pg';

/** A connection straight to Postgres. Stopping the server ends it; that is no news, and after a failure would hide what failed. */
export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}
