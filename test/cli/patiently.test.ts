import { expect, onTestFinished, test } from 'vitest';
import { patiently } from '../../src/cli/patiently.ts';
import { createDatabase } from '../database.ts';

test.each(['lock_not_available', 'deadlock_detected'])('what ends in %s is done again', async (condition) => {
  const database = await createDatabase();
  onTestFinished(() => database.drop());
  const statements = [`do $$ begin raise ${condition}; end $$`, 'select 1 as one'];
  const done = await patiently(new AbortController().signal, () => database.query(statements.shift() ?? ''));
  expect(done.rows).toEqual([{ one: 1 }]);
});

test('what fails otherwise is not', async () => {
  const database = await createDatabase();
  onTestFinished(() => database.drop());
  const work = patiently(new AbortController().signal, () => database.query('select 1 / 0'));
  await expect(work).rejects.toMatchObject({ code: '22012' });
});
