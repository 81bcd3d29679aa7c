import { Hono } from 'hono';
import { transact } from '../../store/transact.ts';
import type { ApiEnv } from '../env.ts';
import { invalid } from '../invalid.ts';
import { jsonBody } from '../json-body.ts';
import { jsonText } from '../json-text.ts';
import { planTransaction } from '../plan-transaction.ts';

const MAX_KEY_CHARS = 255;

interface TransactionJson {
  tx: number;
  tx_time: string;
  /** What was written, in order of first mention. */
  entities: { id: string; entity_type: string; version: number; updated_at: string; deleted_at: string | null }[];
  /** There, and true, when the Idempotency-Key was known: this is the first answer again. */
  replayed?: true;
}

/** `POST /v1/transactions`: put, patch, delete and match, all or none, in one request to the database. */
export const transactionsRoute = new Hono<ApiEnv>().post('/v1/transactions', async (c) => {
  const { text, json } = await jsonBody(c);
  const { user_id } = c.var.caller;
  const operations = planTransaction(json, user_id, () => crypto.randomUUID());
  const answer = await transact(c.var.database, {
    user_id,
    operations,
    idempotency_key: idempotencyKey(c.req.header('idempotency-key')),
    request_hash: await sha256(text),
  });
  return jsonText<TransactionJson>(c, answer);
});

function idempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  // The IETF draft makes it a structured-field string, in quotes; most clients send it bare.
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (key === '' || key.length > MAX_KEY_CHARS) {
    throw invalid([{ field: '/headers/Idempotency-Key', message: `must have 1 to ${MAX_KEY_CHARS} characters` }]);
  }
  return key;
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
