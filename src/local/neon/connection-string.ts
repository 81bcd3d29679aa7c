import type { IncomingHttpHeaders } from 'node:http';
import type { Credentials } from './pool.ts';
import { RequestError } from './request-error.ts';

const HEADER = 'neon-connection-string';

const MAX_REMEMBERED = 100;
/** Credentials by connection string: a client sends the same one with every request. */
const remembered = new Map<string, Credentials>();

/**
 * Reads who asks and for which database. Host, port and query parameters lead nowhere: only user and database reach
 * Postgres. No message repeats the connection string, since it holds the password.
 * @throws RequestError 400
 */
export function readCredentials(headers: IncomingHttpHeaders): Credentials {
  const text = headers[HEADER];
  if (typeof text !== 'string') throw new RequestError(400, `invalid header: ${HEADER}`);
  const known = headers.authorization === undefined ? remembered.get(text) : undefined;
  if (known) return known;
  const credentials = parse(text, headers.authorization);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(text, credentials);
  return credentials;
}

function parse(text: string, authorization: string | undefined): Credentials {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) {
    throw new RequestError(400, 'invalid connection string: relative URL without a base');
  }
  const url = URL.parse(text);
  if (!url) throw new RequestError(400, 'invalid connection string: not a URL');
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw new RequestError(400, 'incorrect scheme');
  const database = decode(url.pathname.split('/')[1] ?? '');
  if (database === '') throw new RequestError(400, 'missing database name');
  const user = decode(url.username);
  if (user === '') throw new RequestError(400, 'missing username');
  const password = decode(url.password);
  // An ordinary host takes no JWT, and a request with one has no credentials that count.
  if (authorization !== undefined || password === '') {
    throw new RequestError(400, 'missing authentication credentials: required password');
  }
  if (url.hostname === '') throw new RequestError(400, 'invalid connection string: missing hostname');
  return { user, database, password };
}

function decode(part: string): string {
  let text: string;
  try {
    text = decodeURIComponent(part);
  } catch {
    throw new RequestError(400, 'invalid connection string: broken percent-encoding');
  }
  // A NUL would end the value early in the startup packet, and what follows would be read as another parameter.
  if (text.includes('\0')) throw new RequestError(400, 'invalid connection string: NUL byte');
  return text;
}
