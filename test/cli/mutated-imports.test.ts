import { test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { importMutatedFiles } from './mutated-imports.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('a dozen mutated files get a clear line and an exit code from the command; test/long has two hundred', async () => {
  await importMutatedFiles(stack(), 12);
}, 180_000);
