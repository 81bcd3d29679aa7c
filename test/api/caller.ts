import { expect } from 'vitest';
import type { Stack } from '../stack.ts';

// biome-ignore lint/suspicious/noExplicitAny: bodies of any route; the tests say what they expect in them.
type Body = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** One user's requests, with answers read. */
export function callerOf(stack: () => Stack, user: string) {
  const request = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const answer = await stack().fetch(path, {
      method,
      as: user,
      headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').startsWith('application/json');
    return { status: answer.status, headers: answer.headers, body: isJson && text !== '' ? JSON.parse(text) : text };
  };
  const ok = async (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer> => {
    const answer = await request(method, path, body, headers);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer;
  };
  return {
    request,
    get: async (path: string, headers?: Record<string, string>) => (await ok('GET', path, undefined, headers)).body,
    write: async (...operations: object[]) => (await ok('POST', '/v1/transactions', { operations })).body,
    ok,
    async refused(status: number, method: string, path: string, body?: unknown, headers?: Record<string, string>) {
      const answer = await request(method, path, body, headers);
      expect({ status: answer.status, code: answer.body.code }, JSON.stringify(answer.body)).toEqual({
        status,
        code: `AN${status}`,
      });
      return answer.body;
    },
  };
}
