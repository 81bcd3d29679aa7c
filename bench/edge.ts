import { fillDatabase, userId } from './analytics-data.ts';
import { bareCall, EDGE_CALL_NAMES, EDGE_CALLS, someIds, startBareWorker, subjects } from './edge-calls.ts';
import { median, type Report, timed } from './harness.ts';
import { HttpClient, load, mustAnswer } from './http-client.ts';
import { startRig } from './rig.ts';

const RECORDS = 10_000;
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
    const store = await rig.openStore('edge');
    await fillDatabase(store.owner, { events: RECORDS, users: 1, days: 1_000 });
    const user = userId(0);
    const bare = await startBareWorker(rig, store, user);
    const bareUrl = (await bare.ready).origin;
    const workers = await rig.startWorkers(store);
    const headers = { Authorization: `Bearer ${await rig.issuer.token({ sub: user })}` };
    const clientsOf = (origin: string) => Array.from({ length: CLIENTS }, () => new HttpClient(origin, headers));
    const [ours, theirs] = [clientsOf(workers.apiUrl), clientsOf(bareUrl)];
    const subject = subjects(await someIds(store, user, 1_000));
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
      const [real_rate = 0, plain_rate = 0] = sides.map(({ rates }) => median(rates));
      const [real_ms = 0, plain_ms = 0] = sides.map(({ times_ms }) => median(times_ms));
      report.add(`${name}, ${CLIENTS} clients`, 'requests/s', real_rate, plain_rate, { ratio_at_least: 0.85 });
      report.add(`${name}, one client, median`, 'ms', real_ms, plain_ms, { more_at_most: 0.3 });
    }
    for (const client of [...ours, ...theirs]) client.close();
    await bare.dispose();
  } finally {
    await rig.stop();
  }
}
