import type { Context, MiddlewareHandler } from 'hono';
import type { JsonObject } from '../domain/json/json-value.ts';
import type { ApiEnv } from './env.ts';
import { jsonBody } from './json-body.ts';

export interface ExactBody {
  readonly text: string;
  readonly json: JsonObject;
}

/**
 * Reads the body with its numbers exact, and tells typed clients what it takes. The route validates it: a document's
 * schema hangs on its type.
 * @param Sent what a client sends
 */
export function exactJson<Sent>(): MiddlewareHandler<ApiEnv, string, { in: { json: Sent }; out: { json: ExactBody } }> {
  return async function exactJson(c: Context<ApiEnv>, next) {
    const { text, json } = await jsonBody(c);
    c.req.addValidatedData('json', { text, json });
    await next();
  };
}
