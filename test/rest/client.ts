import { PostgrestClient } from '@supabase/postgrest-js';
import type { Stack } from '../stack.ts';

/** Supabase's own client, as this user. It speaks to the API Worker over HTTP, and to nothing else. */
export async function clientOf(stack: Stack, userId: string) {
  return new PostgrestClient(`${stack.workers.apiUrl}/rest/v1`, {
    headers: { Authorization: `Bearer ${await stack.token(userId)}` },
  });
}

/** The data of an answer that must be one; else the test fails with the service's own words. */
export async function dataOf<T>(
  request: PromiseLike<{ data: T; error: unknown; status: number }>,
): Promise<NonNullable<T>> {
  const { data, error, status } = await request;
  if (error !== null || data === null || data === undefined) throw new Error(`${status}: ${JSON.stringify(error)}`);
  return data;
}
