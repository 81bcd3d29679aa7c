import pg from 'pg';
import { inject } from 'vitest';
import { importFile } from '../src/cli/import-file.ts';
import { SAMPLE_FILE } from '../src/local/sample.ts';
import { SCHEMA_TEMPLATE } from './postgres-cluster.ts';
import { startStack } from './stack.ts';

const SAMPLE_TEMPLATE = 'annals_sample';

/**
 * The database with the sample history imported and the analytics fresh, as `npm start` has it: made by the first file of a run
 * that asks (the others wait), then copied in a fraction of a second.
 */
export async function sampleTemplate(): Promise<string> {
  const { host, port, user, password } = inject('postgres');
  const client = new pg.Client({ host, port, user, password, database: 'postgres' });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [SAMPLE_TEMPLATE]);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [SAMPLE_TEMPLATE]);
    if (rowCount === 0) {
      const stack = await startStack(SCHEMA_TEMPLATE);
      try {
        await importFile({ file: SAMPLE_FILE, url: stack.workers.importUrl, token: stack.operatorToken });
        await stack.workers.tick(new Date('2026-07-01T00:00:00Z'));
        await stack.pause();
        await client.query(`create database ${SAMPLE_TEMPLATE} template ${pg.escapeIdentifier(stack.database.name)}`);
      } finally {
        await stack.stop();
      }
    }
    return SAMPLE_TEMPLATE;
  } finally {
    await client.end();
  }
}
