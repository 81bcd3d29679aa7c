import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Faults } from '../../src/local/neon/faults.ts';

export interface Wire {
  readonly port: number;
  stop(): void;
}

/** A road straight to Postgres, for sessions, on which the faults of the Neon endpoint lie in wait too: what a client sends at once counts as a request. */
export async function startWire({ hostname, port }: URL, faults: Faults): Promise<Wire> {
  const server = createServer((client) => {
    const backend = connect(Number(port), hostname);
    let isAnswerLost = false;
    client.on('data', async (bytes) => {
      const fault = faults.strike([bytes.toString('latin1')]);
      if (fault?.kind === 'stall') {
        client.pause();
        await fault.released;
        client.resume();
      } else if (fault !== undefined) {
        isAnswerLost = fault.kind === 'drop_after_commit';
        if (!isAnswerLost) client.destroy();
      }
      if (!client.destroyed) backend.write(bytes);
    });
    backend.on('data', (bytes) => {
      if (isAnswerLost) client.destroy();
      else client.write(bytes);
    });
    for (const [one, other] of [
      [client, backend],
      [backend, client],
    ] as const) {
      // It is closed then, and so is the other.
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The wire has no port.');
  return { port: address.port, stop: () => server.close() };
}
