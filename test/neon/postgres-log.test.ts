import { rm } from 'node:fs/promises';
import { neon, neonConfig } from '@neondatabase/serverless';
import { expect, it } from 'vitest';
import { startNeonEndpoint } from '../../src/local/neon/endpoint.ts';
import { startPostgres } from '../../src/local/postgres.ts';
import { makeThrowAwayFolder } from '../../src/local/throw-away-folder.ts';

it("leaves no line in Postgres' log for a request that went well", async () => {
  const dataDir = await makeThrowAwayFolder('memory');
  const lines: string[] = [];
  const ended = Promise.withResolvers<void>();
  const postgres = await startPostgres({
    dataDir,
    durable: false,
    log: (line) => {
      if (line.includes('the end of the test')) ended.resolve();
      else lines.push(line);
    },
  });
  const endpoint = await startNeonEndpoint({ postgres });
  try {
    neonConfig.fetchEndpoint = endpoint.sqlUrl;
    const sql = neon(postgres.superuserUrl());
    await sql`select 1`;
    lines.length = 0;
    await sql`select 1`;
    await sql`create table t (a int)`;
    await sql.transaction([sql`insert into t values (1)`, sql`select a from t`]);
    await sql`begin`;
    await fetch(endpoint.sqlUrl, {
      method: 'POST',
      headers: { 'Neon-Connection-String': postgres.superuserUrl() },
      body: JSON.stringify({ query: 'select array[1, 2] as typed' }),
    });
    await sql`do $$ begin raise log 'the end of the test'; end $$`;
    await ended.promise;
    expect(lines.filter((line) => /WARNING|ERROR/.test(line))).toEqual([]);
  } finally {
    await endpoint.stop();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
