import { randomUUID } from 'node:crypto';
import type { Stack } from '../stack.ts';

/** Who loses waits for a random time, twice as long at most after each further loss: otherwise all meet again. */
const FIRST_WAIT_MS = 50;
/** With more rivals longer waits, so that about as many ask at a time. */
const MAX_WAIT_PER_CLIENT_MS = 80;
/** A client gives up on one increment after this many refusals: far more than fairness could need. */
const MAX_TRIES = 1_000;

/** What the clients met on the way: how many writes were taken and how many refused. */
export interface Increments {
  readonly count: number;
  readonly taken: number;
  readonly refused: number;
}

/**
 * So many increments of one number, shared out among clients. Each goes on from the ETag of its own last write, as any client can; after a
 * 412 it waits, reads what others have made of the number, and tries again.
 */
export async function incrementByMany(
  stack: Stack,
  { clients, increments }: { clients: number; increments: number },
): Promise<Increments> {
  const user = randomUUID();
  const headers = { Authorization: `Bearer ${await stack.token(user)}` };
  const id = randomUUID();
  const write = async (count: number, condition: Record<string, string>) => {
    const answer = await fetch(`${stack.workers.apiUrl}/v1/entities/habit/${id}`, {
      method: 'PUT',
      headers: { ...headers, 'Content-Type': 'application/json', ...condition },
      body: JSON.stringify({ label: 'count', sensitive: false, archived: false, 'test/count': count }),
    });
    await answer.arrayBuffer();
    return { status: answer.status, etag: answer.headers.get('etag') ?? '' };
  };
  const read = async () => {
    const answer = await fetch(`${stack.workers.apiUrl}/v1/entities/${id}`, { headers });
    const record = (await answer.json()) as { 'test/count': number };
    return { count: record['test/count'], etag: answer.headers.get('etag') ?? '' };
  };
  await write(0, { 'If-None-Match': '*' });
  let left = increments;
  let taken = 0;
  let refused = 0;
  const client = async () => {
    let seen = await read();
    while (left > 0) {
      left--;
      for (let tries = 0; ; tries++) {
        const { status, etag } = await write(seen.count + 1, { 'If-Match': seen.etag });
        if (status === 200) {
          taken++;
          seen = { count: seen.count + 1, etag };
          break;
        }
        if (status !== 412 || tries > MAX_TRIES) throw new Error(`a write was answered ${status}`);
        refused++;
        await new Promise((resolve) =>
          setTimeout(resolve, Math.random() * Math.min(clients * MAX_WAIT_PER_CLIENT_MS, FIRST_WAIT_MS * 2 ** tries)),
        );
        seen = await read();
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { count: (await read()).count, taken, refused };
}
