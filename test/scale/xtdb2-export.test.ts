import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportedStatements } from '../../src/cli/export-history.ts';
import { createDatabase, type TestDatabase } from '../database.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { transact } from './keep-writing.ts';

let database: TestDatabase;
let app: pg.Pool;
beforeAll(async () => {
  database = await createDatabase(SCHEMA_TEMPLATE);
  app = new pg.Pool({ connectionString: database.urlAs('annals_app') });
});
afterAll(async () => {
  await app.end();
  await database.drop();
});

async function exported(): Promise<string[]> {
  const lines: string[] = [];
  for await (const text of exportedStatements({ databaseUrl: database.url })) lines.push(...text.trimEnd().split('\n'));
  return lines;
}

interface Operation {
  readonly system: string;
  readonly id: string;
  readonly from: string;
  readonly to: string | null;
  /** The text after the envelope; null deletes. */
  readonly doc: string | null;
}

/** What SQL:2011 says of these statements: each holds for its portion of valid time, from its system time on. */
function read(lines: readonly string[]): Operation[] {
  let system: string | null = null;
  const operations: Operation[] = [];
  for (const line of lines) {
    const begin = /^BEGIN READ WRITE WITH \(SYSTEM_TIME = TIMESTAMP '([^']+)'\);$/.exec(line);
    const insert =
      /^INSERT INTO "\w+" RECORDS \{_id: UUID '([^']+)', _valid_from: TIMESTAMP '([^']+)'(?:, _valid_to: TIMESTAMP '([^']+)')?, (.*)\};$/.exec(
        line,
      );
    const deletion =
      /^DELETE FROM "\w+" FOR PORTION OF VALID_TIME FROM TIMESTAMP '([^']+)' TO (?:NULL|TIMESTAMP '([^']+)') WHERE _id = UUID '([^']+)';$/.exec(
        line,
      );
    if (begin?.[1] !== undefined) {
      expect(system, 'one transaction at a time').toBeNull();
      expect(begin[1] > (operations.at(-1)?.system ?? ''), 'system time moves forward').toBe(true);
      [, system] = begin;
    } else if (line === 'COMMIT;') system = null;
    else if (insert !== null) {
      const [, id = '', from = '', to, doc = ''] = insert;
      operations.push({ system: system ?? '', id, from, to: to ?? null, doc });
    } else {
      expect(deletion, line).not.toBeNull();
      const [, from = '', to, id = ''] = deletion ?? [];
      operations.push({ system: system ?? '', id, from, to: to ?? null, doc: null });
    }
  }
  return operations;
}

const asOf = (operations: readonly Operation[], id: string, valid: string, system: string): string | null =>
  operations.findLast((o) => o.id === id && o.system <= system && o.from <= valid && (o.to === null || valid < o.to))
    ?.doc ?? null;

const day = fc.integer({ min: 1, max: 9 }).map((n) => `2026-01-0${n}T00:00:00.000000Z`);
const write = fc.record({
  entity: fc.integer({ min: 0, max: 2 }),
  note: fc.option(fc.integer({ min: 0, max: 5 })),
  from: fc.option(day),
  to: fc.option(day),
});

test('replayed into a store of SQL:2011, the export answers every moment as Annals does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 14 }), async (writes) => {
      const user = randomUUID();
      const ids = [randomUUID(), randomUUID(), randomUUID()];
      for (const { entity, note, from, to } of writes) {
        const valid = {
          ...(from !== null && { valid_from: from }),
          ...(from !== null && to !== null && { valid_to: to }),
        };
        const operation =
          note === null && from !== null
            ? { op: 'delete', entity_id: ids[entity], entity_type: 'habit', ...valid }
            : { op: 'put', entity_id: ids[entity], entity_type: 'habit', doc: { label: `n${note}` }, ...valid };
        await transact(app, user, [operation]);
      }
      const operations = read(await exported());
      const { rows: moments } = await database.query(
        `select distinct iso(tx_time) as tx_time from event_log where user_id = $1`,
        [user],
      );
      const days = Array.from({ length: 10 }, (_, n) => `2026-01-${String(n).padStart(2, '0')}T12:00:00.000000Z`).slice(
        1,
      );
      for (const { tx_time } of moments) {
        for (const valid of [...days, '2036-01-01T00:00:00.000000Z']) {
          for (const id of ids) {
            const { rows } = await app.query(
              `select doc ->> 'label' as label from (select set_config('annals.user_id', $4, false)) u, version_at($1, $2, $3)`,
              [id, valid, tx_time, user],
            );
            const label = rows[0]?.label ?? null;
            const expected = label === null ? null : `"user_id": UUID '${user}', "label": '${label}'`;
            expect(asOf(operations, id, valid, tx_time)).toBe(expected);
          }
        }
      }
    }),
    { numRuns: 8 },
  );
});

test('values keep their types, names their words', async () => {
  const id = randomUUID();
  const project = randomUUID();
  await transact(app, randomUUID(), [
    {
      op: 'put',
      entity_id: id,
      entity_type: 'task',
      doc: {
        label: "it's",
        due_on: '2026-05-01',
        done_at: '2026-05-01T10:00:00Z',
        project_id: project,
        focus_order: 3,
        sensitive: false,
        snooze_until: null,
        'airtable/id': 'rec1',
        odd: { a: [1.5, 'x'] },
        notes: "first\nit's \\n",
        'x/many': [1e21, -1e21, 5],
      },
    },
  ]);
  const line = (await exported()).find((text) => text.includes(id)) ?? '';
  for (const part of [
    'INSERT INTO "task" RECORDS {',
    `"label": 'it''s'`,
    `"due_on": DATE '2026-05-01'`,
    `"done_at": TIMESTAMP '2026-05-01T10:00:00Z'`,
    `"project_id": UUID '${project}'`,
    '"focus_order": 3',
    '"sensitive": false',
    '"snooze_until": NULL',
    `"airtable$id": 'rec1'`,
    `"odd": {"a": [1.5, 'x']}`,
    // XTDB 2's grammar: a plain text holds no line end, an integer has 64 bits.
    String.raw`"notes": E'first\nit\'s \\n'`,
    `"x$many": ['1000000000000000000000', '-1000000000000000000000', 5]`,
  ]) {
    expect(line).toContain(part);
  }
});
