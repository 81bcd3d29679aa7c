import { afterAll, beforeAll } from 'vitest';
import { type CrashableStack, startCrashableStack } from '../crashable-stack.ts';
import { imitatedDisk, type TinyDisk, tinyDisk } from './tiny-disk.ts';

/** Who runs commands: may do all with what is ours, as on Neon, and is no superuser, whom no limit of connections would stop. */
export const OPERATOR = { username: 'operator', password: 'told-to-nobody' } as const;

/** Where the matrix plays. */
export interface Stage {
  readonly stack: CrashableStack;
  readonly disk: TinyDisk;
}

/** Set up before this file's tests and taken down after them. */
export function stageFor(): () => Stage {
  let stage: Stage | undefined;
  beforeAll(async () => {
    const stack = await startCrashableStack();
    stage = { stack, disk: (await tinyDisk(stack)) ?? (await withoutDisk(stack)) };
    await stack.query(`create role ${OPERATOR.username} login password '${OPERATOR.password}' in role postgres`);
  });
  afterAll(async () => {
    await stage?.stack.stop();
    stage?.disk.remove();
  });
  return () => {
    if (stage === undefined) throw new Error('The stage is there only within tests and hooks.');
    return stage;
  };
}

function withoutDisk(stack: CrashableStack): Promise<TinyDisk> {
  console.warn(
    'This machine allows no user namespaces (see unshare(1)): a full disk is imitated, by tables that refuse with its error.',
  );
  return imitatedDisk(stack);
}
