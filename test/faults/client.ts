import type { CrashableStack } from '../crashable-stack.ts';

/** What a client was told: a status with Retry-After when there was one, or `cut` when the connection ended without an answer. */
export interface Told {
  readonly status: number | 'cut';
  readonly retry_after: string | null;
  readonly text: string;
}

/** One request to the API; an answer that breaks off is cut as well. */
export async function ask(
  stack: CrashableStack,
  { method, path, token, body, headers = {}, signal }: Asked,
): Promise<Told> {
  try {
    const answer = await fetch(stack.apiUrl + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
    return { status: answer.status, retry_after: answer.headers.get('retry-after'), text: await answer.text() };
  } catch {
    return { status: 'cut', retry_after: null, text: '' };
  }
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The client gives up. */
  readonly signal?: AbortSignal;
}
