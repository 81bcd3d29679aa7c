import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** One address before several servers on this machine: connections go to them in turn, byte for byte. */
export async function spread(urls: readonly string[]): Promise<{ url: string; stop(): void }> {
  const ports = urls.map((url) => Number(new URL(url).port));
  let connections = 0;
  const server = createServer((client) => {
    const behind = connect(ports[connections++ % ports.length] ?? 0, '127.0.0.1');
    client.pipe(behind).pipe(client);
    client.on('error', () => behind.destroy());
    behind.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return { url: `http://127.0.0.1:${address.port}`, stop: () => server.close() };
}
