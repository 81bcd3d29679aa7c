import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type LocalNeon, startLocalNeon } from './local-neon.ts';
import { errorFields, password, query, request, startup, WireClient, type WireMessage } from './wire-client.ts';

const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const CLEARTEXT = 3;
const PROTOCOL_3_2 = 196610;

describe('the WebSocket road', () => {
  let neon: LocalNeon;
  let who: { user: string; database: string };
  let secret: string;
  beforeAll(async () => {
    neon = await startLocalNeon();
    const { user, password: superuserPassword } = inject('postgres');
    secret = superuserPassword;
    who = { user, database: neon.database.name };
  });
  afterAll(() => neon.stop());

  const connect = () => WireClient.connect(neon.endpoint.port);
  /** The first column of the first row, after everything up to ReadyForQuery has been read. */
  const firstValue = (messages: WireMessage[]) => {
    const row = messages.find(({ type }) => type === 'D')?.body;
    return row?.toString('utf8', 6, 6 + row.readInt32BE(2));
  };
  const ask = async (client: WireClient, text: string) => {
    client.send(query(text));
    return firstValue(await client.until('Z'));
  };
  const enter = async (parameters: Record<string, string> = {}) => {
    const client = await connect();
    client.send(startup({ ...who, ...parameters }));
    await client.until('R');
    client.send(password(secret));
    await client.until('Z');
    return client;
  };

  it.each(['/', '/v2', '/any/path?x=1', '/sql'])('answers an upgrade on %s', async (path) => {
    const client = await WireClient.connect(neon.endpoint.port, path);
    client.send(startup(who));
    const asked = await client.message();
    expect([asked.type, asked.body.readInt32BE()]).toEqual(['R', CLEARTEXT]);
    client.close();
  });

  it('asks for the password in clear text although Postgres has a SCRAM secret', async () => {
    const { json } = await neon.post({
      query: "select rolpassword like 'SCRAM-SHA-256$%' as scram from pg_authid where rolname = current_user",
    });
    expect(json.rows).toEqual([{ scram: true }]);
    const client = await connect();
    client.send(startup(who));
    expect((await client.message()).body.readInt32BE()).toBe(CLEARTEXT);
    client.send(password(secret));
    const types = (await client.until('Z')).map(({ type }) => type);
    expect(types[0]).toBe('R');
    expect(types).toContain('S');
    expect(types).toContain('K');
    client.close();
  });

  it('takes startup, password and first query in one frame', async () => {
    const client = await connect();
    client.send(Buffer.concat([startup(who), password(secret), query('select 42')]));
    await client.until('Z');
    expect(firstValue(await client.until('Z'))).toBe('42');
    client.close();
  });

  it('takes them byte by byte', async () => {
    const client = await connect();
    for (const byte of Buffer.concat([startup(who), password(secret), query('select 42')]))
      client.send(Buffer.from([byte]));
    await client.until('Z');
    expect(firstValue(await client.until('Z'))).toBe('42');
    client.close();
  });

  it.each([SSL_REQUEST, GSSENC_REQUEST])('declines encryption (%i), and goes on', async (code) => {
    const client = await connect();
    client.send(request(code));
    expect((await client.bytes(1)).toString()).toBe('N');
    client.send(startup(who));
    expect((await client.message()).type).toBe('R');
    client.close();
  });

  it('ends the connection at a text frame, before and after the password', async () => {
    const fresh = await connect();
    fresh.send('hello');
    await fresh.closed();
    const entered = await enter();
    entered.send('select 1');
    await entered.closed();
  });

  it.each([
    ['a wrong password', () => ({}), 'wrong', "password authentication failed for user 'postgres'"],
    ['an unknown user', () => ({ user: 'nobody' }), 'wrong', "password authentication failed for user 'nobody'"],
    ['no such database', () => ({ database: 'nowhere' }), undefined, 'database "nowhere" does not exist'],
  ])('answers %s with XX000', async (_what, change, wrong, text) => {
    const client = await connect();
    client.send(Buffer.concat([startup({ ...who, ...change() }), password(wrong ?? secret)]));
    const last = (await client.until('E')).at(-1);
    expect(last && errorFields(last)).toEqual({ S: 'ERROR', V: 'ERROR', C: 'XX000', M: text });
    await client.closed();
  });

  it('keeps the SQLSTATE of errors that come later', async () => {
    const client = await enter();
    client.send(query('select 1/0'));
    const error = (await client.until('Z')).find(({ type }) => type === 'E');
    expect(error && errorFields(error).C).toBe('22012');
    client.close();
  });

  it.each([
    ['a startup packet over 10,000 bytes', () => startup({ ...who, application_name: 'x'.repeat(10_000) })],
    ['a startup packet with a senseless length', () => Buffer.from([0, 0, 0, 3, 0, 3, 0, 0])],
    ['another protocol', () => startup(who, 2 << 16)],
    ['no user', () => startup({ database: 'x' })],
    ['a password over 512 bytes', () => Buffer.concat([startup(who), password('x'.repeat(512))])],
    ['a query in the place of the password', () => Buffer.concat([startup(who), query('select 1')])],
  ])('refuses %s with XX000', async (_what, bytes) => {
    const client = await connect();
    client.send(bytes());
    const last = (await client.until('E')).at(-1);
    expect(last && errorFields(last)).toMatchObject({ S: 'ERROR', C: 'XX000' });
    await client.closed();
  });

  it('hands on the application name and the options, and no other parameter', async () => {
    const client = await enter({
      application_name: 'mine',
      DateStyle: 'German',
      client_encoding: 'LATIN1',
      options: '-c statement_timeout=1234 endpoint=ep-cool neon_x:1 -c work_mem=1MB',
    });
    expect(await ask(client, 'show application_name')).toBe('mine');
    expect(await ask(client, 'show datestyle')).toBe('ISO, MDY');
    expect(await ask(client, 'show client_encoding')).toBe('UTF8');
    expect(await ask(client, 'show statement_timeout')).toBe('1234ms');
    expect(await ask(client, 'show work_mem')).toBe('1MB');
    client.close();
  });

  it('hands on every parameter to those who ask for it', async () => {
    const client = await enter({ DateStyle: 'German', options: 'neon_proxy_params_compat:true' });
    expect(await ask(client, 'show datestyle')).toBe('German, DMY');
    client.close();
  });

  it('takes the endpoint in front of the password', async () => {
    const client = await connect();
    client.send(Buffer.concat([startup(who), password(`endpoint=ep-cool-name-123;${secret}`)]));
    expect((await client.until('Z')).length).toBeGreaterThan(1);
    client.close();
  });

  it('speaks 3.0 to those who ask for more, and says so', async () => {
    const client = await connect();
    client.send(startup({ ...who, '_pq_.special': 'on' }, PROTOCOL_3_2));
    const negotiated = await client.message();
    expect(negotiated.type).toBe('v');
    expect(negotiated.body.readInt32BE(0)).toBe(0);
    expect(negotiated.body.toString('utf8', 8)).toBe('_pq_.special\0');
    expect((await client.message()).type).toBe('R');
    client.close();
  });

  it('cancels on a connection of its own', async () => {
    const client = await connect();
    client.send(Buffer.concat([startup(who), password(secret)]));
    const key = (await client.until('Z')).find(({ type }) => type === 'K')?.body;
    client.send(query('select pg_sleep(60)'));
    const other = await enter();
    await expect
      .poll(() =>
        ask(
          other,
          "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()",
        ),
      )
      .toBe('1');
    const cancel = await connect();
    cancel.send(request(CANCEL_REQUEST, key ?? Buffer.alloc(8)));
    await cancel.closed();
    const error = (await client.until('Z')).find(({ type }) => type === 'E');
    expect(error && errorFields(error).C).toBe('57014');
    client.close();
    other.close();
  });

  it('takes a Close frame as the end: Postgres rolls back and goes', async () => {
    const client = await enter();
    const pid = await ask(client, 'select pg_backend_pid()');
    client.send(query('begin'));
    await client.until('Z');
    client.close();
    const other = await enter();
    await expect.poll(() => ask(other, `select count(*) from pg_stat_activity where pid = ${pid}`)).toBe('0');
    other.close();
  });

  it('closes when Postgres does', async () => {
    const client = await enter();
    client.send(query('select pg_terminate_backend(pg_backend_pid())'));
    const error = (await client.until('E')).at(-1);
    expect(error && errorFields(error).C).toBe('57P01');
    await client.closed();
  });

  it('carries frames far over 64 KiB, both ways', async () => {
    const client = await enter();
    const text = 'é'.repeat(5_000_000);
    expect((await ask(client, `select '${text}'`)) === text).toBe(true);
    client.close();
  });

  const LARGE = "select repeat('x', 1000) from generate_series(1, 50000)";
  /** A client that reads nothing, and whose backend waits for it in the midst of a large answer. */
  const enterAndStop = async (other: WireClient) => {
    const client = await enter();
    const pid = await ask(client, 'select pg_backend_pid()');
    client.pause();
    client.send(query(LARGE));
    // While another has read as much: an endpoint that takes all in has taken it by then.
    await ask(other, LARGE);
    await expect
      .poll(() => ask(other, `select wait_event from pg_stat_activity where pid = ${pid}`))
      .toBe('ClientWrite');
    return { client, pid };
  };

  it('lets Postgres wait for a slow reader, and carries a large answer to it whole', async () => {
    const other = await enter();
    const { client } = await enterAndStop(other);
    client.resume();
    const rows = (await client.until('Z')).filter(({ type }) => type === 'D');
    expect(rows.length).toBe(50_000);
    client.close();
    other.close();
  });

  it('lets Postgres go when a client leaves in the midst of an answer', async () => {
    const other = await enter();
    const { client, pid } = await enterAndStop(other);
    client.terminate();
    await expect.poll(() => ask(other, `select count(*) from pg_stat_activity where pid = ${pid}`)).toBe('0');
    other.close();
  });

  it('counts connections', async () => {
    neon.endpoint.traffic.reset();
    (await enter()).close();
    (await enter()).close();
    expect(neon.endpoint.traffic.counts.websocket_connections).toBe(2);
  });

  it('keeps the order of bytes over a distance', async () => {
    const client = await enter();
    neon.endpoint.setDelay(4);
    for (let n = 0; n < 20; n++) client.send(query(`select ${n}`));
    const answers: (string | undefined)[] = [];
    for (let n = 0; n < 20; n++) answers.push(firstValue(await client.until('Z')));
    neon.endpoint.setDelay(0);
    expect(answers).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
    client.close();
  });
});
