import { Hono } from 'hono';
import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../domain/json/json-value.ts';
import { JsonSyntaxError, parseJson } from '../../domain/json/parse-json.ts';
import { Failure } from '../../store/failure.ts';
import { getTransaction } from '../../store/get-transaction.ts';
import { listTransactions } from '../../store/list-transactions.ts';
import { transact } from '../../store/transact.ts';
import type { Json } from '../answer-types.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { ApiEnv } from '../env.ts';
import { exactJson } from '../exact-json.ts';
import { type FieldProblem, invalid, problemsOf } from '../invalid.ts';
import { jsonBody } from '../json-body.ts';
import { jsonObject } from '../json-object.ts';
import { jsonText } from '../json-text.ts';
import { cursor, instant, limit, plainText, storedInstant, storedTx } from '../parameters.ts';
import { metaText, planTransaction, type transactionRequest } from '../plan-transaction.ts';
import { path, query } from '../query.ts';
import { writeRequest } from '../write-request.ts';

/** What was written, in order of first mention. An evicted entity is `{id, evicted}`; one that only the future holds has no version. */
export interface TransactionJson {
  tx: number;
  tx_time: string;
  entities: (
    | { id: string; entity_type: string | null; version: number | null; updated_at: string; deleted_at: string | null }
    | { id: string; evicted: true }
  )[];
  /** There, and true, when the Idempotency-Key was known: this is the first answer again. */
  replayed?: true;
}

export interface TransactionEntryJson {
  tx: number;
  tx_time: string;
  client: string | null;
  meta: { [name: string]: Json } | null;
  /** How many versions it wrote. */
  events: number;
}

export const transactionPath = z.object({
  tx: z.string().regex(/^[1-9]\d{0,17}$/, 'is not the number of a transaction'),
});
/** Metadata to look for, as JSON text; becomes the text that the store would have kept. */
const soughtMeta = z.string().transform((text, context) => {
  try {
    const json = parseJson(text);
    const problems: FieldProblem[] = [];
    const kept = isJsonObject(json) ? metaText(json, problems) : null;
    if (kept !== null) return kept;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
  }
  context.addIssue({ code: 'custom', message: 'is not a JSON object: write {"why":"spring"}' });
  return z.NEVER;
});

export const transactionsQuery = z.strictObject({
  since: instant.optional(),
  until: instant.optional(),
  client: plainText.optional(),
  meta: soughtMeta.optional(),
  limit: limit(100),
  after: cursor.optional(),
});
export const undoRequest = z.strictObject({ meta: jsonObject.optional() });

const place = z.object({ tx_time: storedInstant, tx: storedTx });

export const transactionsRoutes = new Hono<ApiEnv>()
  /** `POST /v1/transactions`: put, patch, delete, restore, match and evict, all or none, in one request to the database. */
  .post('/v1/transactions', exactJson<z.input<typeof transactionRequest>>(), async (c) => {
    const { text, json } = c.req.valid('json');
    const { operations, meta } = planTransaction(json, c.var.caller.user_id, () => crypto.randomUUID());
    return jsonText<TransactionJson>(
      c,
      await transact(c.var.database, { ...(await writeRequest(c, text)), operations, meta }),
    );
  })
  /** `GET /v1/transactions`: who wrote when, from where and why, newest first. */
  .get('/v1/transactions', query(transactionsQuery), async (c) => {
    const { since, until, client, meta, limit, after } = c.req.valid('query');
    const rows = await listTransactions(c.var.database, c.var.caller.user_id, {
      since: since ?? null,
      until: until ?? null,
      client: client ?? null,
      meta: meta ?? null,
      limit,
      after: after === undefined ? null : decodeCursor(after, place),
    });
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return jsonText<{ transactions: TransactionEntryJson[]; next: string | null }>(
      c,
      `{"transactions":[${rows.map((row) => row.transaction).join(',')}],` +
        `"next":${JSON.stringify(last === undefined ? null : encodeCursor({ tx_time: last.tx_time, tx: last.tx }))}}`,
    );
  })
  /** `GET /v1/transactions/TX`: one, with what it changed. */
  .get('/v1/transactions/:tx', path(transactionPath), async (c) => {
    const { tx } = c.req.valid('param');
    const text = await getTransaction(c.var.database, c.var.caller.user_id, tx);
    if (text === null) {
      throw new Failure('AN404', 'There is no such transaction.', {
        details: { tx },
        hint: 'GET /v1/transactions lists them; those of an import are not among them.',
      });
    }
    return jsonText<TransactionEntryJson & { changes: TransactionChangeJson[] }>(c, text);
  })
  /** `POST /v1/transactions/TX/undo`: for every time it spoke of, what held before it holds again. 409 when that was changed since. */
  .post('/v1/transactions/:tx/undo', path(transactionPath), async (c) => {
    const { tx } = c.req.valid('param');
    const hasBody = (c.req.header('content-type') ?? '') !== '';
    const { text, json } = hasBody ? await jsonBody(c) : { text: '', json: {} };
    const meta = undoMeta(json);
    return jsonText<TransactionJson>(
      c,
      await transact(c.var.database, { ...(await writeRequest(c, text)), operations: [{ op: 'undo', tx }], meta }),
    );
  });

interface TransactionChangeJson {
  id: string;
  entity_type: string | null;
  version: number;
  valid_time: string | null;
  op: 'put' | 'delete' | 'evict';
}

function undoMeta(json: JsonObject): string | null {
  const parsed = undoRequest.safeParse(json);
  if (!parsed.success) throw invalid(problemsOf(parsed.error));
  if (parsed.data.meta === undefined) return null;
  const problems: FieldProblem[] = [];
  const meta = metaText(parsed.data.meta, problems);
  if (problems.length > 0) throw invalid(problems);
  return meta;
}
