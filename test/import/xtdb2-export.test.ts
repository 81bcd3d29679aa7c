import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { exportedStatements } from '../../src/cli/export-history.ts';
import { importFile } from '../../src/cli/import-file.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { historyOf } from './history-cut.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const idOf = (letter: string) => `00000000-0000-4000-8000-00000000000${letter}`;
const row = (letter: string, day: number, tx: number, type: string | null) => {
  const [eid, at] = [`#uuid "${idOf(letter)}"`, `#inst "2024-01-0${day}T00:00:00.000-00:00"`];
  const said = type === '' ? '' : ` :tech.jgood.gleanmo.schema.meta/type :${type}`;
  return `{:eid ${eid}, :vt ${at}, :tt ${at}, :tx ${tx}, :doc ${type === null ? 'nil' : `{:xt/id ${eid}${said}}`}}`;
};
const lines = [
  '{:annals/format 1, :source {:store "xtdb", :version "1.24.5"}}',
  row('a', 1, 1, 'habit'),
  row('a', 2, 4, null),
  // A document that says no type, an entity that changes its type, and one of which nothing but a delete is known.
  row('b', 1, 2, ''),
  row('c', 1, 3, 'habit'),
  row('c', 3, 5, 'task'),
  row('d', 3, 6, null),
  '{:annals/end true, :rows 6, :entities 4, :evicted 0}',
];

test('an export for XTDB 2 has a transaction a time, a table a type, and takes an entity out of the tables it left', async () => {
  const file = await historyOf(lines, 6, 4).save();
  const { workers, operatorToken, database } = stack();
  await importFile({ file, url: workers.importUrl, token: operatorToken });
  await rm(file);
  const text = (await Array.fromAsync(exportedStatements({ databaseUrl: database.url }))).join('');
  const at = (day: number) => `TIMESTAMP '2024-01-0${day}T00:00:00.000000Z'`;
  expect(text.split('\n')).toEqual([
    `BEGIN READ WRITE WITH (SYSTEM_TIME = ${at(1)});`,
    `INSERT INTO "habit" RECORDS {_id: UUID '${idOf('a')}', _valid_from: ${at(1)}};`,
    `INSERT INTO "untyped" RECORDS {_id: UUID '${idOf('b')}', _valid_from: ${at(1)}};`,
    `DELETE FROM "task" FOR PORTION OF VALID_TIME FROM ${at(1)} TO NULL WHERE _id = UUID '${idOf('c')}';`,
    `INSERT INTO "habit" RECORDS {_id: UUID '${idOf('c')}', _valid_from: ${at(1)}};`,
    'COMMIT;',
    `BEGIN READ WRITE WITH (SYSTEM_TIME = ${at(2)});`,
    `DELETE FROM "habit" FOR PORTION OF VALID_TIME FROM ${at(2)} TO NULL WHERE _id = UUID '${idOf('a')}';`,
    'COMMIT;',
    `BEGIN READ WRITE WITH (SYSTEM_TIME = ${at(3)});`,
    `DELETE FROM "habit" FOR PORTION OF VALID_TIME FROM ${at(3)} TO NULL WHERE _id = UUID '${idOf('c')}';`,
    `INSERT INTO "task" RECORDS {_id: UUID '${idOf('c')}', _valid_from: ${at(3)}};`,
    'COMMIT;',
    '',
  ]);
});
