import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Stack } from '../stack.ts';

/** Somebody whose records nobody else may see or change. */
export interface Victim {
  readonly user: string;
  readonly id: string;
  /** A word of every record of theirs, and of nothing else in the world. */
  readonly canary: string;
  /** @throws when an answer to somebody else holds the word */
  expectUnseen(text: string, asked: string): void;
  expectUntouched(): Promise<void>;
}

export async function makeVictim(stack: Stack): Promise<Victim> {
  const user = randomUUID();
  const canary = `canary-${randomUUID()}`;
  const id = randomUUID();
  const operations = [
    { op: 'put', id, entity_type: 'habit', doc: { label: canary, sensitive: false, archived: false } },
    { op: 'put', entity_type: 'task', doc: { label: canary, state: 'now', created_at: '2026-05-01T00:00:00Z' } },
    { op: 'put', entity_type: 'habit_log', doc: logOf(id, canary) },
    { op: 'put', id: user, entity_type: 'user', doc: { email: canary } },
  ];
  for (const operation of operations) {
    const written = await stack.fetch('/v1/transactions', {
      method: 'POST',
      as: user,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ operations: [operation], meta: { why: canary } }),
    });
    // A type may be stricter than these lines know; what counts is that there are records.
    expect(written.status, await written.text()).toBeLessThan(500);
  }
  const state = async () => {
    const { rows } = await stack.database.query(
      `select (select count(*) || md5(string_agg(e::text, '' order by entity_id)) from entities e where user_id = $1) as entities,
         (select count(*) || md5(string_agg(l::text, '' order by seq)) from event_log l where user_id = $1) as log`,
      [user],
    );
    return rows[0];
  };
  const before = await state();
  return {
    user,
    id,
    canary,
    expectUnseen: (text, asked) => expect(text.includes(canary), asked).toBe(false),
    expectUntouched: async () => expect(await state()).toEqual(before),
  };
}

const logOf = (habit: string, notes: string) => ({
  timestamp: '2026-05-01T08:00:00Z',
  time_zone: 'UTC',
  habit_ids: [habit],
  notes,
});
