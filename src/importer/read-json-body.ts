import type { ZodType } from 'zod';
import { invalid, problemsOf } from '../api/invalid.ts';
import { readBytes } from '../api/read-bytes.ts';
import { utf8Text } from '../api/utf8-text.ts';
import type { JsonValue } from '../domain/json/json-value.ts';
import { JsonSyntaxError, parseJson } from '../domain/json/parse-json.ts';
import { Failure } from '../store/failure.ts';

const MAX_JSON_BYTES = 16 * 1024;

/**
 * A small JSON body of this shape.
 * @throws Failure AN400 not JSON, AN413 too large, AN415 another content type, AN422 another shape
 */
export async function readJsonBody<T>(request: Request, shape: ZodType<T>): Promise<T> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json *(;|$)/i.test(type)) {
    throw new Failure('AN415', 'The body must be JSON.', { hint: 'Send it with Content-Type: application/json.' });
  }
  const text = utf8Text(await readBytes(request.body, MAX_JSON_BYTES));
  let json: JsonValue;
  try {
    json = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new Failure('AN400', `The body is not JSON: ${error.message}.`, {
      details: { offset: error.offset },
      cause: error,
    });
  }
  const parsed = shape.safeParse(json);
  if (!parsed.success) throw invalid(problemsOf(parsed.error as Parameters<typeof problemsOf>[0]));
  return parsed.data;
}
