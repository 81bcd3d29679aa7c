import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ARRAYS, type LocalNeon, RAW, startLocalNeon, withParts } from './local-neon.ts';
import { password, query, startup, WireClient } from './wire-client.ts';

const MAX_CONNECTIONS = 5;
const CROWD = 40;

describe('more requests at once than connections', () => {
  let neon: LocalNeon;
  /** Holds a lock that all of a crowd ask for, so that every one of its requests is under way at once. */
  let holder: WireClient;
  beforeAll(async () => {
    neon = await startLocalNeon({ connections: MAX_CONNECTIONS });
  });
  afterAll(() => neon.stop());
  beforeEach(async () => {
    const { username, password: secret } = new URL(neon.url);
    holder = await WireClient.connect(neon.endpoint.port);
    holder.send(startup({ user: username, database: neon.database.name }));
    holder.send(password(decodeURIComponent(secret)));
    await holder.until('Z');
    await ask('select pg_advisory_lock(7)');
  });
  afterEach(() => holder.close());

  const ask = async (text: string) => {
    holder.send(query(text));
    const row = (await holder.until('Z')).find(({ type }) => type === 'D')?.body;
    return row?.toString('utf8', 6, 6 + row.readInt32BE(2));
  };
  const blocked = () =>
    ask(
      "select count(*) from pg_locks where locktype = 'advisory' and objid = 7 and not granted " +
        'and database = (select oid from pg_database where datname = current_database())',
    ).then(Number);
  const askForLock = (urlOf: (n: number) => string = () => neon.url) =>
    Array.from({ length: CROWD }, (_, n) =>
      neon.post(
        { query: 'select pg_backend_pid(), current_user::text from pg_advisory_lock_shared(7)' },
        { ...ARRAYS, 'Neon-Connection-String': urlOf(n) },
      ),
    );
  const rowOf = ({ json }: Awaited<ReturnType<LocalNeon['post']>>) => (json.rows as [number, string][])[0];

  it('are all answered, on no more connections than there may be', async () => {
    const crowd = askForLock();
    await expect.poll(blocked).toBe(MAX_CONNECTIONS);
    await ask('select pg_advisory_unlock(7)');
    const replies = await Promise.all(crowd);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(replies.map((reply) => rowOf(reply)?.[0])).size).toBe(MAX_CONNECTIONS);
  });

  it('are all answered when two roles ask', async () => {
    const name = `second_${neon.database.name}`;
    await neon.post({ query: `create role ${name} login password 'p'` });
    const urls = [neon.url, withParts(neon.url, { user: name, password: 'p' })];
    const crowd = askForLock((n) => urls[n % 2] ?? neon.url);
    await expect.poll(blocked).toBe(MAX_CONNECTIONS);
    await ask('select pg_advisory_unlock(7)');
    const users = (await Promise.all(crowd)).map((reply) => rowOf(reply)?.[1]);
    expect(users).toEqual(Array.from({ length: CROWD }, (_, n) => (n % 2 === 0 ? 'postgres' : name)));
    await neon.post({ query: `drop role ${name}` });
  });

  it('let others in when their clients leave', async () => {
    const leaving = new AbortController();
    const crowd = Array.from({ length: CROWD }, () =>
      fetch(neon.endpoint.sqlUrl, {
        method: 'POST',
        headers: { 'Neon-Connection-String': neon.url },
        body: JSON.stringify({ query: 'select pg_advisory_lock_shared(7)' }),
        signal: leaving.signal,
      }).catch((error: Error) => error.name),
    );
    await expect.poll(blocked).toBe(MAX_CONNECTIONS);
    leaving.abort();
    expect(new Set(await Promise.all(crowd))).toEqual(new Set(['AbortError']));
    expect((await neon.post({ query: 'select 1' })).status).toBe(200);
    await expect.poll(blocked).toBe(0);
  });

  describe('and for arrays, while the catalogue is slow to tell what they are', () => {
    const array = (type: string) => `select '{1,2}'::${type}[] as a`;
    /** Two requests of which each has asked the catalogue, and has no answer. @param type that no other test asks for */
    const askForArrays = async (type: string) => {
      const twice = (headers: Record<string, string> = {}) =>
        [1, 2].map(() => neon.post({ query: `${array(type)} from pg_advisory_lock_shared(7)` }, headers));
      // Afterwards two connections know all that the query is about: only the question to the catalogue waits for its lock.
      for (let round = 0; round < 2; round++) {
        await ask('select pg_advisory_lock(7)');
        const known = twice(RAW);
        await expect.poll(blocked).toBe(2);
        await ask('select pg_advisory_unlock_all()');
        await Promise.all(known);
      }
      await ask('begin');
      await ask('lock table pg_type');
      const typed = twice();
      await expect.poll(() => ask(`select count(*) from pg_locks ${WAITING}`)).toBe('2');
      return typed;
    };
    const WAITING = "where relation = 'pg_type'::regclass and not granted";

    it('every answer has them', async () => {
      const typed = await askForArrays('int4');
      await ask('rollback');
      for (const { json } of await Promise.all(typed)) expect(json.rows).toEqual([{ a: [1, 2] }]);
    });

    it('a question that fails leaves nothing wrong behind', async () => {
      const typed = await askForArrays('int2');
      await ask(`select pg_terminate_backend(pid) from pg_locks ${WAITING}`);
      await ask('rollback');
      for (const { status, json } of await Promise.all(typed)) expect([status, json.code]).toEqual([400, '57P01']);
      expect((await neon.post({ query: array('int2') })).json.rows).toEqual([{ a: [1, 2] }]);
    });
  });

  it('do not hold the endpoint up when it stops', async () => {
    const other = await startLocalNeon({ connections: MAX_CONNECTIONS });
    const { pathname } = new URL(other.url);
    const stuck = Array.from({ length: CROWD }, () =>
      other
        .post({ query: `select pg_sleep(600), '${pathname}'` })
        .then(({ status }) => status)
        .catch((error: Error) => error.name),
    );
    const sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and query like '%";
    await expect.poll(() => ask(`${sleeping}${pathname}%'`).then(Number)).toBe(MAX_CONNECTIONS);
    await other.stop();
    expect(new Set(await Promise.all(stuck))).toEqual(new Set(['TypeError']));
  });
});
