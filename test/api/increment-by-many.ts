import { randomUUID } from 'node:crypto';
import type { Stack } from '../stack.ts';

/** Who lost tries again after a random time, twice as long at most for each further loss: otherwise all meet again. */
const MAX_WAIT_MS = 1_000;
/** A client gives up on one increment after this many refusals: far more than fairness could need. */
const MAX_TRIES = 1_000;

/** So many increments of one number, shared out among clients that read, add one and write with If-Match, and try again on 412. @returns the number at the end */
export async function incrementByMany(
  stack: Stack,
  { clients, increments }: { clients: number; increments: number },
): Promise<number> {
  const user = randomUUID();
  const headers = { Authorization: `Bearer ${await stack.token(user)}` };
  const id = randomUUID();
  const write = (count: number, etag: Record<string, string>) =>
    fetch(`${stack.workers.apiUrl}/v1/entities/habit/${id}`, {
      method: 'PUT',
      headers: { ...headers, 'Content-Type': 'application/json', ...etag },
      body: JSON.stringify({ label: 'count', sensitive: false, archived: false, 'test/count': count }),
    });
  const read = async () => {
    const answer = await fetch(`${stack.workers.apiUrl}/v1/entities/${id}`, { headers });
    const record = (await answer.json()) as { 'test/count': number };
    return { count: record['test/count'], etag: answer.headers.get('etag') ?? '' };
  };
  await (await write(0, { 'If-None-Match': '*' })).arrayBuffer();
  let left = increments;
  const client = async () => {
    while (left > 0) {
      left--;
      for (let tries = 0; ; tries++) {
        const { count, etag } = await read();
        const { status } = await write(count + 1, { 'If-Match': etag });
        if (status === 200) break;
        if (status !== 412 || tries > MAX_TRIES) throw new Error(`a write was answered ${status}`);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(MAX_WAIT_MS, 32 * 2 ** tries)));
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (await read()).count;
}
