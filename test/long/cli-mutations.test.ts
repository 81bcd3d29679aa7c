import { test } from 'vitest';
import { importMutatedFiles } from '../cli/mutated-imports.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('two hundred mutated files get a clear line and an exit code from the command, and none hangs', async () => {
  await importMutatedFiles(stack(), 200);
});
