import { once } from 'node:events';
import { createServer } from 'node:http';
import { Delay } from './delay.ts';
import { Faults } from './faults.ts';
import { HttpRoad } from './http-road.ts';
import { DEFAULT_LIMITS, type NeonLimits } from './limits.ts';
import type { PostgresAddress } from './open-backend.ts';
import { BackendPool } from './pool.ts';
import { Traffic } from './traffic.ts';
import { WebSocketRoad } from './websocket-road.ts';

/** Longer than any client keeps an idle connection, so that none meets one that we are closing. */
const KEEP_ALIVE_MS = 10 * 60_000;

export interface NeonEndpointOptions {
  /** The server behind; it must ask for scram-sha-256. */
  postgres: PostgresAddress;
  /** TCP port on 127.0.0.1; a free one when absent. */
  port?: number;
  limits?: Partial<NeonLimits>;
}

export interface NeonEndpoint {
  host: '127.0.0.1';
  port: number;
  /** Where `neonConfig.fetchEndpoint` points. */
  sqlUrl: string;
  /** What `neonConfig.wsProxy` returns: host and port, no scheme. */
  wsProxy: string;
  /** Counters and events, for tests and benchmarks. */
  traffic: Traffic;
  faults: Faults;
  /** Adds a round trip to every exchange, in milliseconds; 0 takes it away. */
  setDelay(roundTrip_ms: number): void;
  stop(): Promise<void>;
}

/** Starts a local Neon: SQL over HTTP and Postgres over WebSocket, on one port, in front of a Postgres. */
export async function startNeonEndpoint(options: NeonEndpointOptions): Promise<NeonEndpoint> {
  const traffic = new Traffic();
  const faults = new Faults();
  const delay = new Delay();
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const pool = new BackendPool(options.postgres, limits.connections);
  const road = new HttpRoad({ pool, limits, traffic, faults, delay });
  const sockets = new WebSocketRoad({ postgres: options.postgres, traffic, delay });
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
      // Other upgrades (h2c) are declined by answering as if they had not been asked for.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    (request, response) => road.handle(request, response),
  );
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The local Neon endpoint has no port.');
  return {
    host: '127.0.0.1',
    port: address.port,
    sqlUrl: `http://127.0.0.1:${address.port}/sql`,
    wsProxy: `127.0.0.1:${address.port}/v2`,
    traffic,
    faults,
    setDelay: (roundTrip_ms) => delay.set(roundTrip_ms),
    stop: async () => {
      faults.clear();
      const closed = once(server, 'close');
      server.close();
      sockets.stop();
      server.closeAllConnections();
      await closed;
      pool.stop();
    },
  };
}
