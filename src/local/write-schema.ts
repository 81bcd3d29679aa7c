import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { migrate } from '../cli/migrate.ts';
import { dumpSchema } from './dump-schema.ts';
import { startThrowAwayPostgres } from './throw-away-postgres.ts';

/** `npm run schema`: writes test/schema.sql, what the migrations add up to. A test fails while the two differ. */

const SCHEMA_FILE = fileURLToPath(new URL('../../test/schema.sql', import.meta.url));

const postgres = await startThrowAwayPostgres('memory');
const client = new pg.Client({ connectionString: postgres.superuserUrl() });
try {
  await client.connect();
  await migrate(postgres.superuserUrl());
  await writeFile(SCHEMA_FILE, await dumpSchema(client));
} finally {
  await client.end();
  await postgres.stop();
}
