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

const JSON_TYPE = /^application\/json\s*(;|$)/i;

/**
 * The body alone would take a PUT to another entity, at another valid time, with another condition, or of another content type, for the same
 * request. What nearly all requests have in common, JSON and no preference, adds nothing: keys outlive a deployment of this code.
 */
function requestText(c: Context, body: string, preferences: string): string {
  const { pathname, search } = new URL(c.req.url);
  const type = c.req.header('content-type') ?? '';
  const told = [c.req.method, JSON_TYPE.test(type) ? '' : type, preferences].filter((part) => part !== '').join(' ');
  const conditions = [c.req.header('if-match') ?? '', c.req.header('if-none-match') ?? ''];
  return [told, pathname + search, ...conditions, body].join('\n');
}
