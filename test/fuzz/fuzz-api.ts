import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Stack } from '../stack.ts';
import { type FuzzedRequest, type OpenApi, openApiRequests } from './openapi-requests.ts';
import { restPaths } from './rest-requests.ts';
import { makeVictim } from './victim.ts';

/**
 * Sends random requests, made by the description that the service itself serves and by the grammar of lists, as a user and as an
 * operator: none is a fault of ours, and none sees or changes what is somebody else's. fast-check prints the seed.
 */
export async function fuzzApi(stack: Stack, runs: number): Promise<void> {
  const victim = await makeVictim(stack);
  const api = (await (await stack.fetch('/openapi.json')).json()) as OpenApi;
  const tokens = [await stack.token(randomUUID()), await stack.operatorToken()];
  const ids = [randomUUID(), randomUUID(), victim.id, victim.user];
  const listing = restPaths.map((path): FuzzedRequest => ({ method: 'GET', path, headers: {}, body: null }));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof({ weight: 2, arbitrary: openApiRequests(api, ids) }, listing),
      fc.constantFrom(...tokens),
      async ({ method, path, headers, body }, token) => {
        const answer = await fetch(stack.workers.apiUrl + path, {
          method,
          headers: { ...headers, Authorization: `Bearer ${token}` },
          ...(body !== null && { body }),
        });
        const text = await answer.text();
        const asked = `${method} ${path} ${body ?? ''} was answered ${answer.status} ${text.slice(0, 300)}`;
        expect(answer.status, asked).toBeLessThan(500);
        victim.expectUnseen(text, asked);
      },
    ),
    { numRuns: runs },
  );
  await victim.expectUntouched();
}
