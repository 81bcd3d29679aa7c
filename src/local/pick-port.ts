import { once } from 'node:events';
import { createServer } from 'node:net';

/** This port of 127.0.0.1 when it is free, else one that is. */
export async function pickPort(wished: number): Promise<number> {
  return (await listenOnce(wished)) ?? (await listenOnce(0)) ?? 0;
}

async function listenOnce(port: number): Promise<number | null> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : null;
  } catch {
    // Taken by somebody else.
    return null;
  } finally {
    server.close();
  }
}
