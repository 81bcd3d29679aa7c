import { randomUUID } from 'node:crypto';
import type { CrashableStack } from '../crashable-stack.ts';

/** Records that a user keeps changing; more writes make more versions, not more records. */
const RECORDS = 200;
const DAY_MS = 86_400_000;

const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;

export interface LoadCounts {
  /** Of answers, since they were last taken. */
  latencies_ms: number[];
  answers: number;
  /** What nobody should be answered, in words; the first few. */
  readonly unexpected: string[];
}

const MAX_UNEXPECTED = 20;
/** Gone, changed since, or taken meanwhile by another of the user's clients: what clients meet that do not ask before. */
const EXPECTED = new Set([200, 304, 404, 409, 412]);

/** One person's client: reads screens and lists, edits, deletes, until it is told to stop. */
export async function userLoad(
  stack: CrashableStack,
  user: string,
  counts: LoadCounts,
  stop: AbortSignal,
): Promise<void> {
  const ids = Array.from({ length: RECORDS }, () => randomUUID());
  const year = new Date().getUTCFullYear();
  const doc = () => ({
    timestamp: new Date(Date.now() - Math.random() * 300 * DAY_MS).toISOString(),
    time_zone: pick(['Europe/Berlin', 'America/New_York', 'Asia/Kolkata']),
    habit_ids: [pick(ids)],
    notes: `note ${Math.random()}`,
  });
  const reads = [
    () => '/v1/overview',
    () => '/v1/entities?entity_type=habit_log&limit=50',
    () => `/v1/entities/${pick(ids)}`,
    () => `/v1/entities/${pick(ids)}/history`,
    () => `/v1/heatmap?entity_type=habit_log&year=${year}`,
    () => `/v1/dashboard?from=${year}-01-01&to=${year}-12-31`,
    () => '/rest/v1/habit_log?select=timestamp,notes&order=timestamp.desc&limit=20&notes=like.*1*',
    () => '/v1/changes?limit=100',
    () => '/v1/history?limit=50',
  ];
  const writes: (() => readonly [method: string, path: string, body: unknown])[] = [
    () => ['PUT', `/v1/entities/habit_log/${pick(ids)}`, doc()],
    () => ['PATCH', `/v1/entities/habit_log/${pick(ids)}`, { set: { '/notes': 'changed' } }],
    () => ['DELETE', `/v1/entities/habit_log/${pick(ids)}`, undefined],
    () => ['POST', '/v1/transactions', putAll(ids.slice(0, 10))],
  ];
  const send = async (method: string, path: string, body?: unknown): Promise<void> => {
    const began_ms = performance.now();
    const answer = await fetch(stack.apiUrl + path, {
      method,
      headers: { Authorization: `Bearer ${await stack.token(user)}`, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    counts.latencies_ms.push(performance.now() - began_ms);
    counts.answers++;
    if (!EXPECTED.has(answer.status) && counts.unexpected.length < MAX_UNEXPECTED)
      counts.unexpected.push(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 200)}`);
  };
  const putAll = (some: readonly string[]) => ({
    operations: some.map((id) => ({ op: 'put', id, entity_type: 'habit_log', doc: doc() })),
  });
  // All are there from the beginning, so that lists do not get longer.
  await send('POST', '/v1/transactions', putAll(ids));
  while (!stop.aborted) {
    if (Math.random() < 0.7) await send('GET', pick(reads)());
    else await send(...pick(writes)());
  }
}
