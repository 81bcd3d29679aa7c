import type { Context, TypedResponse } from 'hono';

/** Answers JSON that is text already: records come so from the database, with numbers that JSON.parse would round. */
export function jsonText<T>(
  c: Context,
  text: string,
  headers: Record<string, string> = {},
): Response & TypedResponse<T, 200, 'json'> {
  const response: Response = c.body(text, 200, { 'Content-Type': 'application/json', ...headers });
  return response as Response & TypedResponse<T, 200, 'json'>;
}
