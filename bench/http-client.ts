import { Agent, request } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** One connection that is kept, with the same headers each time: cheaper than fetch, whose own work would be measured too. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #origin: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(origin: string, headers: Readonly<Record<string, string>> = {}) {
    this.#origin = origin;
    this.#headers = headers;
  }

  send({ method, path, body }: HttpRequest): Promise<HttpAnswer> {
    const headers = { ...this.#headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) };
    return new Promise((resolve, reject) => {
      const sent = request(this.#origin + path, { agent: this.#agent, method, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
        answer.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** @throws when the answer is not the status that is expected, with its words */
export async function mustAnswer(client: HttpClient, asked: HttpRequest, status = 200): Promise<HttpAnswer> {
  const answer = await client.send(asked);
  if (answer.status !== status)
    throw new Error(`${asked.method} ${asked.path} was answered ${answer.status}: ${answer.text.slice(0, 300)}`);
  return answer;
}

/** Every client asks, again and again, one request at a time. @returns the latency of each answer in ms, and the seconds it took */
export async function load(
  clients: readonly HttpClient[],
  duration_ms: number,
  next: () => HttpRequest,
  expected = 200,
): Promise<{ latencies_ms: number[]; seconds: number; errors: number }> {
  const latencies_ms: number[] = [];
  let errors = 0;
  const began_ms = performance.now();
  const loop = async (client: HttpClient): Promise<void> => {
    for (let at_ms = performance.now(); at_ms - began_ms < duration_ms; at_ms = performance.now()) {
      const { status } = await client.send(next());
      if (status === expected) latencies_ms.push(performance.now() - at_ms);
      else errors++;
    }
  };
  await Promise.all(clients.map(loop));
  return { latencies_ms, seconds: (performance.now() - began_ms) / 1_000, errors };
}
