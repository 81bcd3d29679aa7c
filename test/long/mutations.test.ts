import { test } from 'vitest';
import { importMutatedFiles } from '../cli/mutated-imports.ts';
import { importMutatedChunks } from '../import/mutated-chunks.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('two hundred mutated files get a clear line and an exit code from the command, and none hangs', async () => {
  await importMutatedFiles(stack(), 200);
});

test('two hundred mutated histories get an answer for every line from the Worker, or a clear refusal that leaves nothing', async () => {
  await importMutatedChunks(stack(), 200);
});
