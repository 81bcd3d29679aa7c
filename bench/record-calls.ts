import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** One request to the database, as Neon's driver sent it. */
export interface RecordedCall {
  readonly is_batch: boolean;
  readonly queries: readonly { readonly query: string; readonly params: readonly unknown[] }[];
}

export interface Recorder {
  readonly port: number;
  /** What was sent since the last time it was asked. */
  take(): RecordedCall[];
  stop(): Promise<void>;
}

/** Stands between a Worker and the Neon endpoint and keeps what is sent. */
export async function startRecorder(endpointPort: number): Promise<Recorder> {
  const calls: RecordedCall[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const sent = JSON.parse(body);
    calls.push({ is_batch: 'queries' in sent, queries: 'queries' in sent ? sent.queries : [sent] });
    const headers = Object.entries(request.headers).filter(([name]) => name.startsWith('neon-'));
    const answer = await fetch(`http://127.0.0.1:${endpointPort}/sql`, {
      method: 'POST',
      headers: Object.fromEntries(headers) as Record<string, string>,
      body,
    });
    response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(await answer.text());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The recorder has no port.');
  return {
    port: address.port,
    take: () => calls.splice(0),
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
