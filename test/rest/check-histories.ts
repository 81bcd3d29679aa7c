import fc from 'fast-check';
import type pg from 'pg';
import { expect } from 'vitest';
import type { Stack } from '../stack.ts';
import { history, live } from './histories.ts';
import { expectedAnswer, pathOf, type Question, question } from './model.ts';

const QUESTIONS = 6;

/** Random histories, random questions: the service and the model in memory answer the same. */
export async function checkHistories(stack: Stack, owner: pg.Client, histories: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(history, fc.gen(), async (transactions, generate) => {
      const life = await live(owner, transactions);
      const headers = { Authorization: `Bearer ${await stack.token(life.user)}`, Prefer: 'count=exact' };
      const get = (path: string) => fetch(stack.workers.apiUrl + path, { headers });
      for (let n = 0; n < QUESTIONS; n++) {
        const asked = generate(() => question(life));
        const path = pathOf(asked);
        const expected = expectedAnswer(life, asked);
        const answer = await get(path);
        const body = await answer.json();
        if (asked.offset > expected.total) {
          expect(answer.status, path).toBe(416);
          continue;
        }
        expect(answer.ok, `${path}: ${JSON.stringify(body)}`).toBe(true);
        const rows = body.map(({ id, set_relation }: { id: string; set_relation: { id: string }[] }) => ({
          id,
          set_relation: set_relation.map((habit) => habit.id).sort(),
        }));
        expect(rows, path).toEqual(expected.page);
        expect(Number(answer.headers.get('content-range')?.split('/')[1]), path).toBe(expected.total);
        if (n > 0) continue;
        // Every record, in pages of two, so that cursors stand at nulls and at equals.
        const { direction = 'desc', nulls = 'first' } = asked.order[0] ?? {};
        const order = [{ name: 'float', direction, nulls }, ...asked.order.filter(({ name }) => name !== 'float')];
        const everything: Question = {
          ...asked,
          order,
          filter: null,
          show: ['deleted', 'sensitive', 'archived'],
          offset: 0,
          limit: 2,
        };
        expect(await pages(get, pathOf(everything)), pathOf(everything)).toEqual(expectedAnswer(life, everything).ids);
      }
    }),
    { numRuns: histories },
  );
}

/** All ids, page after page by cursors. */
async function pages(get: (path: string) => Promise<Response>, path: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = '';
  for (let page = 0; cursor !== null && page < 20; page++) {
    const answer: Response = await get(`${path}&cursor=${cursor}`);
    ids.push(...(await answer.json()).map(({ id }: { id: string }) => id));
    cursor = answer.headers.get('next-cursor');
  }
  return ids;
}
