import type { Context } from 'hono';
import type { JsonObject } from '../domain/json/json-value.ts';
import { isJsonObject } from '../domain/json/json-value.ts';
import { JsonSyntaxError, parseJson } from '../domain/json/parse-json.ts';
import { Failure } from '../store/failure.ts';
import { bodyText } from './body-text.ts';
import { invalid } from './invalid.ts';

/**
 * A request's body as a JSON object, numbers exact, with its text.
 * @throws Failure AN415 without a JSON content type (a validator that guessed would see an empty object), AN400 for what is not
 * JSON, AN422 for JSON that is no object, and what {@link bodyText} throws
 */
export async function jsonBody(c: Context): Promise<{ text: string; json: JsonObject }> {
  const type = c.req.header('content-type') ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new Failure('AN415', 'The body must be JSON.', { hint: 'Send the header "Content-Type: application/json".' });
  }
  const text = await bodyText(c.req.raw);
  try {
    const json = parseJson(text);
    if (!isJsonObject(json)) throw invalid([{ field: '', message: 'must be an object' }]);
    return { text, json };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new Failure('AN400', `The body is not JSON: ${error.message}.`, {
      details: { offset: error.offset },
      cause: error,
    });
  }
}
