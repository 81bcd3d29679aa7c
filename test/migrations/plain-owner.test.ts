import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { migrate } from '../../src/cli/migrate.ts';
import { newRolePasswords, setRolePasswords, urlAs } from '../../src/cli/roles.ts';
import { startThrowAwayPostgres } from '../../src/local/throw-away-postgres.ts';

/** Neon's owner of a project is no superuser: it may create databases and roles, and owns its database. */
test('an owner who is no superuser can migrate, give the roles passwords, and have the service work', async () => {
  const postgres = await startThrowAwayPostgres('memory');
  try {
    const superuser = new pg.Client({ connectionString: postgres.superuserUrl() });
    await superuser.connect();
    await superuser.query("create role project_owner login createdb createrole password 'owner'");
    await superuser.query('create database project owner project_owner');
    await superuser.end();
    const url = `postgres://project_owner:owner@${postgres.host}:${postgres.port}/project`;

    await migrate(url);
    const passwords = newRolePasswords();
    await setRolePasswords(url, passwords);
    await setRolePasswords(url, passwords);

    const app = new pg.Client({ connectionString: urlAs(url, 'annals_app', passwords) });
    await app.connect();
    const [user, id] = [randomUUID(), randomUUID()];
    const operations = [
      {
        op: 'put',
        entity_id: id,
        entity_type: 'exercise_session',
        doc: { beginning: '2026-01-01T10:00:00Z', end: '2026-01-01T11:00:00Z' },
      },
    ];
    await app.query('select transact($1::jsonb)', [JSON.stringify({ user_id: user, operations, request_hash: '' })]);
    const owner = new pg.Client({ connectionString: url });
    await owner.connect();
    const typed = await owner.query('select id, user_id from typed.exercise_session');
    expect(typed.rows).toEqual([{ id, user_id: user }]);
    await owner.query('grant temporary on database project to public');
    await migrate(url);
    const temporary = await owner.query(`select has_database_privilege('public', 'project', 'temporary') as granted`);
    expect(temporary.rows).toEqual([{ granted: false }]);
    await owner.end();
    const { rows } = await app.query("select refresh_start('2026-01-02', null, false) as started");
    const { lease, units } = rows[0].started;
    await app.query('select refresh_rollups($1, 100)', [lease]);
    const rebuild = await app.query('select rebuild_rollups($1, 100) as step', [lease]);
    expect(rebuild.rows[0].step.outcomes).toContainEqual(
      expect.objectContaining({ name: 'daily_activity', mode: 'full', rows: 1, error: null }),
    );
    const view = units.find(({ name }: { name: string }) => name === 'duration_profile');
    const viewed = await app.query('select refresh_view($1, $2) as outcome', [lease, view.refresh_id]);
    expect(viewed.rows[0].outcome).toMatchObject({ mode: 'full', rows: 1, error: null });
    await app.end();
  } finally {
    await postgres.stop();
  }
});
