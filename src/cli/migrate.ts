import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type pg from 'pg';
import { ANALYTICS } from '../analytics/registry.ts';
import { entityTypeFacts } from '../domain/entity-type-facts.ts';
import { entityTypes } from '../domain/entity-types.generated.ts';
import { openOperatorDatabase } from './operator-database.ts';
import { LOCK_TIMEOUT_MS, patiently } from './patiently.ts';
import { typedViews } from './typed-views.ts';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Entities folded anew in one transaction, whose rows are locked for so long: some tenths of a second. */
const REFOLD_CHUNK = 2_000;

/**
 * Brings a database's schema to this version: applies the migrations it lacks, each once, in order and in a transaction of its own,
 * then takes from everybody what a database gives that was restored, makes its tables of entity types and analytics equal to src/domain
 * and src/analytics, folds anew the entities of types that say something else of them now, and makes the typed views of types that
 * changed. Killed anywhere, the next one goes on there. Two at once are safe: the second waits on a lock and finds nothing to do.
 *
 * @param databaseUrl a direct connection (on Neon: not the pooled host, since the lock belongs to a session), as the schema's owner
 * @returns the names of the migrations applied now
 * @throws CliFailure when the database cannot be reached, or a typed view that changed is read without a break; 2BP01 or 42P07
 *   where something of somebody's own stands on one, or has its name
 */
export async function migrate(databaseUrl: string, signal = new AbortController().signal): Promise<string[]> {
  const client = await openOperatorDatabase(databaseUrl);
  try {
    const applied = await runner({
      dbClient: client,
      dir: MIGRATIONS_FOLDER,
      direction: 'up',
      migrationsTable: 'migrations',
      advisoryLockMode: 'wait',
      log: () => {},
    });
    await client.query('select sync_database_rights()');
    await client.query('select sync_entity_types($1::jsonb)', [JSON.stringify(entityTypeFacts())]);
    await client.query('select sync_analytics($1::jsonb)', [JSON.stringify(ANALYTICS)]);
    await refold(client);
    await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
    const views = JSON.stringify(typedViews(Object.values(entityTypes)));
    await patiently(signal, () => client.query('select sync_typed_views($1::jsonb)', [views]));
    return applied.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

async function refold(client: pg.Client): Promise<void> {
  // Ends: each chunk gets further through the ids, and behind the last the type is done.
  for (let more = true; more; ) {
    const { rows } = await client.query<{ more: boolean }>('select refold($1) as more', [REFOLD_CHUNK]);
    more = rows[0]?.more ?? false;
  }
}
