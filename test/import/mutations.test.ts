import { test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { importMutatedChunks } from './mutated-chunks.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('a mutated history gets an answer for every line, or a clear refusal that leaves nothing; test/long has two hundred', async () => {
  await importMutatedChunks(stack(), 50);
});
