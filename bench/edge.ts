import { bareCall, EDGE_CALL_NAMES, EDGE_CALLS } from './edge-calls.ts';
import { openEdgeSides } from './edge-sides.ts';
import { type Report, timed } from './harness.ts';
import { HttpClient, load, mustAnswer } from './http-client.ts';
import { startRig } from './rig.ts';

const CLIENTS = 16;
const WARM_UP_MS = 2_000;
const ROUNDS = 9;
const ROUND_MS = 700;
/** Of one client alone, for the latency: one request here, one there. */
const PAIRS = 400;

/** What sign-in, validation, routing and telemetry cost: the real Worker beside a bare one with the same SQL. */
export async function run(report: Report): Promise<void> {
  const rig = await startRig();
  try {
    const edge = await openEdgeSides(rig, 'edge');
    const { headers, subject } = edge;
    const clientsOf = (origin: string) => Array.from({ length: CLIENTS }, () => new HttpClient(origin, headers));
    const [ours, theirs] = [clientsOf(edge.realUrl), clientsOf(edge.bareUrl)];
    for (const name of EDGE_CALL_NAMES) {
      const real = () => EDGE_CALLS[name](subject(name));
      const plain = () => bareCall(name, subject(name));
      const sides = [
        { clients: ours, next: real, rates: [] as number[], times_ms: [] as number[] },
        { clients: theirs, next: plain, rates: [] as number[], times_ms: [] as number[] },
      ];
      for (const { clients, next } of sides) await load(clients, WARM_UP_MS, next);
      for (let round = 0; round < ROUNDS; round++) {
        for (const { clients, next, rates } of sides) {
          const { latencies_ms, seconds, errors } = await load(clients, ROUND_MS, next);
          if (errors > 0) throw new Error(`${errors} answers to ${name} were errors`);
          rates.push(latencies_ms.length / seconds);
        }
      }
      for (let pair = 0; pair < PAIRS; pair++) {
        for (const { clients, next, times_ms } of sides) {
          const [client] = clients;
          if (client !== undefined) times_ms.push(await timed(() => mustAnswer(client, next())));
        }
      }
      const [real_rates = [], plain_rates = []] = sides.map(({ rates }) => rates);
      const [real_ms = [], plain_ms = []] = sides.map(({ times_ms }) => times_ms);
      report.add(`${name}, ${CLIENTS} clients`, 'requests/s', real_rates, plain_rates, { ratio_at_least: 0.85 });
      report.add(`${name}, one client, median`, 'ms', real_ms, plain_ms, { more_at_most: 0.3 });
    }
    for (const client of [...ours, ...theirs]) client.close();
    await edge.stop();
  } finally {
    await rig.stop();
  }
}
