import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that a system gives to whoever asks for any, outgoing connections first: it stays free until it is listened on. */
const PORTS = { from: 20_000, before: 32_768 } as const;
const MAX_TRIES = 20;

/**
 * This port of 127.0.0.1 when it is free, else one that is.
 * @throws Error when none of many is free
 */
export async function pickPort(wished = anyPort()): Promise<number> {
  let port = wished;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await isFree(port)) return port;
    port = anyPort();
  }
  throw new Error(`No port of 127.0.0.1 from ${PORTS.from} to ${PORTS.before - 1} is free.`);
}

const anyPort = (): number => randomInt(PORTS.from, PORTS.before);

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    // Taken by somebody else.
    return false;
  } finally {
    server.close();
  }
}
