import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Delay } from './delay.ts';
import type { PostgresAddress } from './open-backend.ts';
import type { Traffic } from './traffic.ts';
import { WebSocketSession } from './websocket-session.ts';

const MAX_FRAME_BYTES = 64 * 1024 * 1024;

export interface WebSocketRoadParts {
  postgres: PostgresAddress;
  traffic: Traffic;
  delay: Delay;
}

/** Postgres' protocol in WebSocket frames, on any path. */
export class WebSocketRoad {
  readonly #parts: WebSocketRoadParts;
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES });
  readonly #sessions = new Set<WebSocketSession>();

  constructor(parts: WebSocketRoadParts) {
    this.#parts = parts;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#begin(webSocket));
  }

  stop(): void {
    for (const session of [...this.#sessions]) session.destroy();
  }

  #begin(webSocket: WebSocket): void {
    const { postgres, traffic, delay } = this.#parts;
    const session = new WebSocketSession({
      webSocket,
      postgres,
      delay,
      onOver: () => this.#sessions.delete(session),
    });
    this.#sessions.add(session);
    traffic.tell({ type: 'websocket_open' });
    webSocket.on('close', () => traffic.tell({ type: 'websocket_close' }));
  }
}
