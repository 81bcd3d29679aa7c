import type { Context } from 'hono';
import { readableText } from '../domain/codec/jsonb-text.ts';
import { sha256Hex } from '../domain/sha256-hex.ts';
import type { TransactionRequest } from '../store/transact.ts';
import type { ApiEnv } from './env.ts';
import { idempotencyKey } from './idempotency-key.ts';

const MAX_CLIENT_CHARS = 200;

/**
 * What every write takes from its request beside the operations: the user, the Idempotency-Key, the hash by which a
 * retry is known to be the same request, and the client.
 * @param body the request's text
 * @param preferences what else changes the write, where the route heeds Prefer and Accept
 */
export async function writeRequest(
  c: Context<ApiEnv>,
  body: string,
  preferences = '',
): Promise<Pick<TransactionRequest, 'user_id' | 'idempotency_key' | 'request_hash' | 'client'>> {
  const idempotency_key = idempotencyKey(c.req.header('idempotency-key'));
  return {
    user_id: c.get('caller').user_id,
    idempotency_key,
    request_hash:
      idempotency_key === null ? '' : await sha256Hex(new TextEncoder().encode(requestText(c, body, preferences))),
    client: readableText(c.req.header('user-agent') ?? '').slice(0, MAX_CLIENT_CHARS) || null,
  };
}

/** The body alone would take a PUT to another entity, at another valid time, with another condition, or of another content type, for the same request. */
function requestText(c: Context, body: string, preferences: string): string {
  const { pathname, search } = new URL(c.req.url);
  const headers = ['if-match', 'if-none-match', 'content-type'].map((name) => c.req.header(name) ?? '');
  return [c.req.method, pathname + search, ...headers, preferences, body].join('\n');
}
