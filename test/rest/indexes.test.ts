import { test } from 'vitest';
import { checkIndexes } from './check-indexes.ts';

test('lists, filters, pages and the past are index ranges at 20,000 records', async () => {
  await checkIndexes(20_000);
});
