import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { CrashableStack } from '../crashable-stack.ts';
import { ask } from './client.ts';

/** Longer than any fault lasts. */
const MAX_TRIES = 1_000;
const PAUSE_MS = 20;

export interface Writing {
  /** The new entities, one version each, whose write was acknowledged. */
  readonly acknowledged: readonly string[];
  /** Ends when what is on its way was acknowledged. */
  stop(): Promise<void>;
}

/** Somebody who writes one record after another through everything, asking again with the same key until they are told that it is there. */
export function keepPutting(stack: CrashableStack, user: string): Writing {
  const acknowledged: string[] = [];
  let isStopped = false;
  const write = async () => {
    const token = await stack.token(user);
    while (!isStopped) {
      const id = randomUUID();
      const doc = { label: 'meanwhile', sensitive: false, archived: false };
      const put = {
        method: 'POST',
        path: '/v1/transactions',
        token,
        headers: { 'Idempotency-Key': `"${id}"` },
        body: { operations: [{ op: 'put', id, entity_type: 'habit', doc }] },
      };
      for (let tries = 1, told = await ask(stack, put); told.status !== 200; tries++, told = await ask(stack, put)) {
        if (tries === MAX_TRIES) throw new Error(`A write is still not taken: ${told.status} ${told.text}`);
        await wait(PAUSE_MS);
      }
      acknowledged.push(id);
      // As people do: what a command must get through does not grow with the load of the machine.
      await wait(PAUSE_MS);
    }
  };
  const writing = write();
  return {
    acknowledged,
    async stop() {
      isStopped = true;
      await writing;
    },
  };
}
