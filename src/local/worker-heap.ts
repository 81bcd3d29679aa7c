import { once } from 'node:events';
import { WebSocket } from 'ws';

interface Target {
  readonly id: string;
  readonly webSocketDebuggerUrl: string;
}

/**
 * Bytes of a Worker's JavaScript heap after everything that can be let go was: what counts against the edge's 128 MB. (Resident memory of
 * workerd tells little: its allocator keeps what was freed.)
 * @param inspector where workerd's inspector listens
 */
export async function workerHeapBytes(inspector: URL, name: string): Promise<number> {
  const targets = (await (await fetch(`http://${inspector.host}/json`)).json()) as Target[];
  const target = targets.find(({ id }) => id === `core:user:${name}`);
  if (target === undefined) throw new Error(`workerd runs no Worker ${name}.`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, 'open');
  try {
    await asked(socket, 1, 'HeapProfiler.collectGarbage');
    return (await asked(socket, 2, 'Runtime.getHeapUsage')).usedSize ?? Number.NaN;
  } finally {
    socket.close();
  }
}

function asked(socket: WebSocket, id: number, method: string): Promise<{ usedSize?: number }> {
  return new Promise((resolve, reject) => {
    socket.on('message', (data) => {
      const answer = JSON.parse(String(data));
      if (answer.id === id) resolve(answer.result ?? {});
    });
    socket.once('close', () => reject(new Error('The inspector closed the connection.')));
    socket.send(JSON.stringify({ id, method }));
  });
}
