import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalNeon, startLocalNeon, withParts } from './local-neon.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('routes and request headers of the local Neon endpoint', () => {
  let neon: LocalNeon;
  beforeAll(async () => {
    neon = await startLocalNeon();
  });
  afterAll(() => neon.stop());

  it('answers a preflight with the headers that Neon allows', async () => {
    const response = await fetch(neon.endpoint.sqlUrl, { method: 'OPTIONS' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
    expect(response.headers.get('allow')).toBe('OPTIONS, POST');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-max-age')).toBe('86400');
    expect(response.headers.get('access-control-allow-headers')).toBe(
      'Authorization, Neon-Connection-String, Neon-Raw-Text-Output, Neon-Array-Mode, Neon-Pool-Opt-In, ' +
        'Neon-Batch-Read-Only, Neon-Batch-Isolation-Level',
    );
    expect(response.headers.get('neon-request-id')).toMatch(UUID);
  });

  it.each([
    ['GET', '/sql'],
    ['PUT', '/sql'],
    ['POST', '/'],
    ['POST', '/sql/'],
    ['GET', '/v2'],
    ['OPTIONS', '/other'],
  ])('has nothing else: %s %s', async (method, path) => {
    const response = await fetch(`http://127.0.0.1:${neon.endpoint.port}${path}`, { method });
    expect(response.status).toBe(400);
    expect(await response.text()).toBe('"query is not supported"');
    expect(response.headers.get('neon-request-id')).toMatch(UUID);
  });

  it.each(['application/json', 'application/sql', 'text/plain;charset=UTF-8', 'image/png'])(
    'does not look at the content type %s',
    async (type) => {
      const { status } = await neon.post({ query: 'select 1' }, { 'Content-Type': type });
      expect(status).toBe(200);
    },
  );

  it('marks every answer of POST /sql as JSON for any origin, errors too', async () => {
    for (const query of ['select 1', 'selec']) {
      const { headers } = await neon.post({ query });
      expect(headers.get('content-type')).toBe('application/json');
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('neon-request-id')).toMatch(UUID);
    }
  });

  it('declines an upgrade that is no WebSocket by answering the request', async () => {
    const socket = connect({ host: '127.0.0.1', port: neon.endpoint.port });
    socket.write('OPTIONS /sql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    const [answer] = await once(socket, 'data');
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it.each([
    ['', 'invalid connection string: relative URL without a base'],
    ['no url', 'invalid connection string: relative URL without a base'],
    ['mysql://u:p@h/d', 'incorrect scheme'],
    ['postgres://u:p@h', 'missing database name'],
    ['postgres://u:p@h/', 'missing database name'],
    ['postgres://h/d', 'missing username'],
    ['postgres://u@h/d', 'missing authentication credentials: required password'],
  ])('refuses the connection string %j', async (text, message) => {
    const { status, json } = await neon.post({ query: 'select 1' }, { 'Neon-Connection-String': text });
    expect(status).toBe(400);
    expect(json.message).toBe(message);
    expect(json.code).toBe('');
  });

  it('refuses a request without a connection string', async () => {
    const response = await fetch(neon.endpoint.sqlUrl, { method: 'POST', body: '{"query":"select 1"}' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ message: 'invalid header: neon-connection-string' });
  });

  it('never repeats a password in an error', async () => {
    for (const url of [
      'postgres://u:s3cret@h',
      'postgres:// u:s3cret@h/d',
      'http://u:s3cret@h/d',
      'postgres://u:s3cret%ff@h/d',
    ]) {
      const { text } = await neon.post({ query: 'select 1' }, { 'Neon-Connection-String': url });
      expect(text).not.toContain('s3cret');
    }
  });

  it('refuses a bearer token, which ordinary hosts do not take', async () => {
    const { status } = await neon.post({ query: 'select 1' }, { Authorization: 'Bearer x' });
    expect(status).toBe(400);
  });

  it('gives the same answer for a wrong password as for an unknown user', async () => {
    const wrong = await neon.post(
      { query: 'select 1' },
      { 'Neon-Connection-String': withParts(neon.url, { password: 'x' }) },
    );
    expect(wrong.status).toBe(400);
    expect(wrong.json).toMatchObject({ message: "password authentication failed for user 'postgres'", code: '' });
    const unknown = await neon.post(
      { query: 'select 1' },
      { 'Neon-Connection-String': withParts(neon.url, { user: 'nobody' }) },
    );
    expect(unknown.status).toBe(400);
    expect(unknown.json).toMatchObject({ message: "password authentication failed for user 'nobody'", code: '' });
  });

  it('checks the password of every request, also when connections of the right one are waiting', async () => {
    expect((await neon.post({ query: 'select 1' })).status).toBe(200);
    const wrong = await neon.post(
      { query: 'select 1' },
      { 'Neon-Connection-String': withParts(neon.url, { password: 'x' }) },
    );
    expect(wrong.status).toBe(400);
    expect((await neon.post({ query: 'select 1' })).status).toBe(200);
  });

  it('says that a database does not exist with 400 and the fields of Postgres', async () => {
    const url = withParts(neon.url, { database: 'nowhere' });
    const { status, json } = await neon.post({ query: 'select 1' }, { 'Neon-Connection-String': url });
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: '3D000', severity: 'FATAL', message: 'database "nowhere" does not exist' });
  });

  it('answers 500 with the fields when Postgres refuses the connection for another reason', async () => {
    const name = `full_${neon.database.name}`;
    await neon.post({ query: `create role ${name} login password 'p' connection limit 0` });
    const url = withParts(neon.url, { user: name, password: 'p' });
    const { status, json } = await neon.post({ query: 'select 1' }, { 'Neon-Connection-String': url });
    await neon.post({ query: `drop role ${name}` });
    expect(status).toBe(500);
    expect(json).toMatchObject({ code: '53300', message: `too many connections for role "${name}"` });
  });

  it('decodes user, password and database', async () => {
    const name = `o'dd @/é ${neon.database.name}`;
    const quoted = `"${name}"`;
    await neon.post({ query: `create role ${quoted} login password 'p@ss/w:örd%'` });
    const url = withParts(neon.url, { user: name, password: 'p@ss/w:örd%' });
    const { json } = await neon.post({ query: 'select current_user::text as name' }, { 'Neon-Connection-String': url });
    await neon.post({ query: `drop role ${quoted}` });
    expect(json.rows).toEqual([{ name }]);
  });

  it('hands no query parameter of the connection string to Postgres', async () => {
    const url = `${neon.url}?application_name=visible&options=-c%20statement_timeout%3D1234`;
    const { json } = await neon.post(
      { query: "select current_setting('application_name') as a, current_setting('statement_timeout') as t" },
      { 'Neon-Connection-String': url },
    );
    expect(json.rows).toEqual([{ a: '', t: '0' }]);
  });

  it('cannot be made to smuggle startup parameters through a NUL', async () => {
    const url = neon.url
      .replace('postgres:', 'postgres%00options%00-cwork_mem=1MB:')
      .replace('postgres%00', 'postgres:');
    const evil = `postgres://u%00options%00x:p@h/d`;
    for (const text of [evil, url]) {
      const { status } = await neon.post({ query: 'select 1' }, { 'Neon-Connection-String': text });
      expect(status).toBe(400);
    }
  });

  it.each(['readcommitted', 'SERIALIZABLE', '', 'Serializable; drop table x'])(
    'refuses the isolation level %j, on single queries too',
    async (level) => {
      const { status, json } = await neon.post({ query: 'select 1' }, { 'Neon-Batch-Isolation-Level': level });
      expect(status).toBe(400);
      expect(json.message).toBe('invalid isolation level');
    },
  );
});
