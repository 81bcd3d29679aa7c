import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { expect } from 'vitest';
import type { Stack } from '../stack.ts';
import { sqlArgument } from './sql-arguments.ts';
import { makeVictim } from './victim.ts';

interface SqlFunction {
  readonly name: string;
  readonly types: readonly string[];
}

/** SQLSTATE classes that are nobody's fault but Postgres' own or ours: internal errors, and a connection that is gone. */
const FAULT = /^(XX|08|57P0[123])/;
const TIMEOUT_MS = 2_000;

/**
 * Calls every function that the application may call, as the application, with random arguments (other people's ids among them):
 * none brings the session down, and none tells or changes what is somebody else's (I7).
 */
export async function fuzzSql(stack: Stack, runs: number): Promise<void> {
  const victim = await makeVictim(stack);
  const me = randomUUID();
  const client = new pg.Client({ connectionString: stack.database.urlAs('annals_app') });
  await client.connect();
  try {
    await client.query(`select set_config('annals.user_id', $1, false)`, [me]);
    await client.query(`set statement_timeout = ${TIMEOUT_MS}`);
    const functions = await callable(client);
    expect(functions.length).toBeGreaterThan(20);
    const ids = [me, randomUUID(), victim.id, victim.user];
    const call = fc.constantFrom(...functions).chain(({ name, types }) =>
      fc.record({
        name: fc.constant(name),
        types: fc.constant(types),
        values: fc.tuple(...types.map((type) => sqlArgument(type, ids))),
      }),
    );
    await fc.assert(
      fc.asyncProperty(call, async ({ name, types, values }) => {
        const asked = `${name}(${values.map((value) => JSON.stringify(value)).join(', ')})`;
        const text = `select f::text as answer from ${name}(${types.map((type, n) => `$${n + 1}::${type}`).join(', ')}) f`;
        const told = await client.query(text, [...values]).then(
          ({ rows }) => JSON.stringify(rows),
          (error: pg.DatabaseError) => {
            expect(error.code ?? 'none', `${asked}: ${error.message}`).not.toMatch(FAULT);
            return `${error.message} ${error.detail} ${error.hint}`;
          },
        );
        victim.expectUnseen(told, asked);
        // A write sets the user that it is for, within its own transaction at most.
        const { rows } = await client.query(`select current_setting('annals.user_id') as user`);
        expect(rows[0].user, asked).toBe(me);
      }),
      { numRuns: runs },
    );
  } finally {
    await client.end();
  }
  await victim.expectUntouched();
}

async function callable(client: pg.Client): Promise<SqlFunction[]> {
  const { rows } = await client.query<SqlFunction>(
    `select p.oid::regproc::text as name,
       array(select format_type(t, null) from unnest(p.proargtypes) with ordinality a(t, n) order by n) as types
     from pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
       and has_function_privilege(current_user, p.oid, 'execute')
     order by name`,
  );
  return rows;
}
