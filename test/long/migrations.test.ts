import { readFile } from 'node:fs/promises';
import { test } from 'vitest';
import { bringUpOlderStates } from '../migrations/older-states.ts';

test('every older state is brought to the same schema', async () => {
  await bringUpOlderStates(1, await readFile(new URL('../schema.sql', import.meta.url), 'utf8'));
});
