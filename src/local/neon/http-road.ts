import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readCredentials } from './connection-string.ts';
import { plainFields } from './database-error.ts';
import type { Delay } from './delay.ts';
import { connectErrorAnswer, type ErrorAnswer, errorAnswer } from './error-answer.ts';
import type { Faults } from './faults.ts';
import type { NeonLimits } from './limits.ts';
import type { BackendPool, Credentials } from './pool.ts';
import { readBody } from './read-body.ts';
import { AbandonedError, type Client, runRequest } from './run-request.ts';
import { readSqlRequest, type SqlRequest } from './sql-request.ts';
import type { Traffic } from './traffic.ts';

export interface HttpRoadParts {
  pool: BackendPool;
  limits: NeonLimits;
  traffic: Traffic;
  faults: Faults;
  delay: Delay;
}

const PREFLIGHT = {
  Allow: 'OPTIONS, POST',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers':
    'Authorization, Neon-Connection-String, Neon-Raw-Text-Output, Neon-Array-Mode, Neon-Pool-Opt-In, ' +
    'Neon-Batch-Read-Only, Neon-Batch-Isolation-Level',
  'Access-Control-Max-Age': '86400',
};

/** Neon's SQL over HTTP: routes, then request, connection, run, answer. */
export class HttpRoad {
  readonly #parts: HttpRoadParts;

  constructor(parts: HttpRoadParts) {
    this.#parts = parts;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const id = randomUUID();
    const path = request.url?.split('?', 1)[0];
    if (path === '/sql' && request.method === 'POST') {
      void this.#sql(id, request, response);
    } else if (path === '/sql' && request.method === 'OPTIONS') {
      response.writeHead(200, { ...PREFLIGHT, 'Neon-Request-Id': id, 'Content-Length': 0 }).end();
    } else {
      send(response, id, { status: 400, body: JSON.stringify('query is not supported'), sqlstate: null });
    }
  }

  async #sql(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { traffic, delay, limits } = this.#parts;
    traffic.countHttpRequest();
    const client: Client = { gone: false, onGone: undefined };
    let over = false;
    response.once('close', () => {
      if (over) return;
      client.gone = true;
      client.onGone?.();
      traffic.tell({ type: 'client_left', id });
    });
    let answer: SqlAnswer;
    try {
      const body = await readBody(request, limits.request_bytes);
      await delay.travel();
      const credentials = readCredentials(request.headers);
      const sql = readSqlRequest(request.headers, body);
      traffic.tell({
        type: 'request',
        id,
        batch: sql.batch !== undefined,
        queries: sql.statements.map((s) => s.query),
      });
      answer = await this.#answer(credentials, sql, client);
    } catch (error) {
      answer = errorAnswer(error);
    }
    await delay.travel();
    over = true;
    if (answer === 'cut' || client.gone) {
      response.socket?.destroy();
      traffic.tell({ type: 'answer', id, status: 'cut', sqlstate: null });
    } else {
      send(response, id, answer);
      traffic.tell({ type: 'answer', id, status: answer.status, sqlstate: answer.sqlstate });
    }
  }

  async #answer(credentials: Credentials, request: SqlRequest, client: Client): Promise<SqlAnswer> {
    const { pool, limits, faults } = this.#parts;
    const fault = faults.strike(request.statements.map(({ query }) => query));
    if (fault?.kind === 'refuse_connection') return 'cut';
    if (fault?.kind === 'refuse_unreachable') {
      return { status: 500, body: JSON.stringify(plainFields("Couldn't connect to compute node")), sqlstate: null };
    }
    if (fault?.kind === 'stall') await fault.released;
    let lease: Awaited<ReturnType<BackendPool['acquire']>>;
    try {
      lease = await pool.acquire(credentials);
    } catch (error) {
      return connectErrorAnswer(error);
    }
    const drops = fault?.kind === 'drop_before_commit' || fault?.kind === 'drop_after_commit';
    try {
      const body = await runRequest({
        pool,
        lease,
        request,
        maxAnswerBytes: limits.response_bytes,
        client,
        dropBeforeCommit: fault?.kind === 'drop_before_commit',
      });
      return drops ? 'cut' : { status: 200, body, sqlstate: null, headers: batchEcho(request) };
    } catch (error) {
      return drops || error instanceof AbandonedError ? 'cut' : errorAnswer(error);
    }
  }
}

type SqlAnswer =
  | 'cut'
  | (ErrorAnswer & { headers?: undefined })
  | { status: 200; body: Buffer; sqlstate: null; headers: string[] };

/** The batch options in force. */
function batchEcho({ batch }: SqlRequest): string[] {
  return [
    ...(batch?.isolationLevel === undefined ? [] : ['Neon-Batch-Isolation-Level', batch.isolationLevel]),
    ...(batch?.readOnly ? ['Neon-Batch-Read-Only', 'true'] : []),
    ...(batch?.deferrable ? ['Neon-Batch-Deferrable', 'true'] : []),
  ];
}

function send(response: ServerResponse, id: string, answer: Exclude<SqlAnswer, 'cut'>): void {
  // As a list: Node then writes them as they are.
  response.writeHead(answer.status, [
    'Content-Type',
    'application/json',
    'Access-Control-Allow-Origin',
    '*',
    'Neon-Request-Id',
    id,
    'Content-Length',
    String(Buffer.byteLength(answer.body)),
    ...(answer.headers ?? []),
  ]);
  response.end(answer.body);
}
