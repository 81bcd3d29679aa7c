import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { callerOf } from './caller.ts';
import { othersToEnd } from './others-to-end.ts';

/** What the database answers at once is bounded in bytes, by Neon at 10 MiB: pages are of fewer documents when they are large. */
const stack = stackFor(SCHEMA_TEMPLATE);

const DOCUMENTS = 14;
const LARGE = {
  // Fewer than 4,000,000 of them in all.
  'four-byte characters': '𝒳'.repeat(225_000),
  // The document has a stand-in; its hint has the exact text, with six characters for each that is not ASCII.
  'large hints': `\u0000${'é'.repeat(100_000)}`,
};

for (const [what, notes] of Object.entries(LARGE)) {
  test(`changes and exports of documents with ${what} come whole, page by page`, async () => {
    const me = callerOf(stack, randomUUID());
    const ids = Array.from({ length: DOCUMENTS }, () => randomUUID());
    for (const id of ids) await me.write({ op: 'put', id, entity_type: 'habit', doc: { label: 'large', notes } });
    await othersToEnd(stack());

    const changed: string[] = [];
    let page = await me.get('/v1/changes?limit=1000');
    for (let pages = 1; page.changes.length > 0 && pages < DOCUMENTS; pages++) {
      for (const { id, doc } of page.changes) changed.push(doc.notes === notes ? id : `other notes of ${id}`);
      page = await me.get(`/v1/changes?limit=1000&since=${page.next}`);
    }
    expect(changed).toEqual(ids);

    for (const history of ['current', 'full']) {
      const { body } = await me.ok('GET', `/v1/export?history=${history}`);
      const lines = body.trimEnd().split('\n');
      const exported = lines.slice(1, -1).map((line: string) => {
        const { id, doc } = JSON.parse(line);
        return doc.notes === notes ? id : `other notes of ${id}`;
      });
      expect(exported).toEqual(ids.toSorted());
      expect(JSON.parse(lines.at(-1))).toMatchObject({ end: true, rows: DOCUMENTS });
    }
  });
}

/** How many were evicted, and by whom: text of a backup's. Each has over 10 MiB. */
const EVICTED = {
  'more evictions than a page has': { count: 40_000, by: 'the operator' },
  'evictions by a long name': { count: DOCUMENTS, by: '"'.repeat(400_000) },
};

for (const [what, { count, by }] of Object.entries(EVICTED)) {
  test(`a full export of ${what} comes whole, each once, in the order of the log`, async () => {
    const user = randomUUID();
    const me = callerOf(stack, user);
    const ids = Array.from({ length: count }, () => randomUUID());
    for (const [owner, evicted] of [
      [user, ids.slice(0, 5)],
      [randomUUID(), [randomUUID()]],
      [user, ids.slice(5)],
    ]) {
      await stack().database.query(
        `insert into evictions (entity_id, entity_type, tx, tx_time, user_id, evicted_by)
         select id, 'habit', 100000 - i, '2001-01-01', $1, $2 from unnest($3::uuid[]) with ordinality as evicted(id, i) order by i`,
        [owner, by, evicted],
      );
    }
    const put = () => ({ op: 'put', id: randomUUID(), entity_type: 'habit', doc: { label: 'kept' } });
    await me.write(put(), put());
    const { body } = await me.ok('GET', '/v1/export?history=full');
    const [, ...lines] = body
      .trimEnd()
      .split('\n')
      .map((line: string) => JSON.parse(line));
    expect(lines.splice(0, 2)).toMatchObject([{ doc: { label: 'kept' } }, { doc: { label: 'kept' } }]);
    expect(lines.pop()).toEqual({ end: true, rows: 2, entities: 2, evicted: count });
    expect(lines.map((line: { evicted: string }) => line.evicted)).toEqual(ids);
    expect(lines.every((line: { evicted_by: string }) => line.evicted_by === by)).toBe(true);
  });
}
