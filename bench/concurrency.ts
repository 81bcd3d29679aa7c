import { randomUUID } from 'node:crypto';
import { bareCall, EDGE_CALLS, type EdgeCall } from './edge-calls.ts';
import { openEdgeSides } from './edge-sides.ts';
import { quantile, type Report } from './harness.ts';
import { HttpClient, type HttpRequest, load } from './http-client.ts';
import { startRig } from './rig.ts';

const CLIENTS = [1, 4, 16, 64, 256];
const ROUNDS = 3;
const ROUND_MS = 1_500;
const WARM_UP_MS = 2_000;
/** Four reads, of which two look one record up, to one write. */
const MIX: readonly EdgeCall[] = ['get', 'list', 'get', 'overview', 'put'];
const HOT_CLIENTS = 32;
const HOT_MS = 4_000;

/** Mixed load from one client to 256 beside the bare Worker's, and many writers of one record. */
export async function run(report: Report): Promise<void> {
  const rig = await startRig();
  try {
    const edge = await openEdgeSides(rig, 'concurrency');
    const { store, headers, subject } = edge;
    let turn = 0;
    const mixed = (calls: (name: EdgeCall, id: string) => HttpRequest) => () => {
      const name = MIX[turn++ % MIX.length] ?? 'get';
      return calls(name, subject(name));
    };
    for (const count of CLIENTS) {
      const sides = [
        { origin: edge.realUrl, next: mixed((name, id) => EDGE_CALLS[name](id)) },
        { origin: edge.bareUrl, next: mixed(bareCall) },
      ].map((side) => ({
        ...side,
        clients: Array.from({ length: count }, () => new HttpClient(side.origin, headers)),
        rates: [] as number[],
        times_ms: [] as number[],
        errors: 0,
      }));
      for (const { clients, next } of sides) await load(clients, WARM_UP_MS, next);
      for (let round = 0; round < ROUNDS; round++) {
        for (const side of sides) {
          const { latencies_ms, seconds, errors } = await load(side.clients, ROUND_MS, side.next);
          side.rates.push(latencies_ms.length / seconds);
          side.times_ms.push(...latencies_ms);
          side.errors += errors;
        }
      }
      for (const client of sides.flatMap(({ clients }) => clients)) client.close();
      const [ours, theirs] = sides;
      if (ours === undefined || theirs === undefined) throw new Error('There are two sides.');
      const who = `${count} client${count === 1 ? '' : 's'}, four reads to a write`;
      report.add(who, 'requests/s', ours.rates, theirs.rates);
      report.add(`${who}: p50`, 'ms', ours.times_ms, theirs.times_ms);
      report.add(`${who}: p99`, 'ms', quantile(ours.times_ms, 0.99), quantile(theirs.times_ms, 0.99));
      report.add(`${who}: errors`, 'answers', ours.errors, null, { value_at_most: 0 });
    }
    const hot = randomUUID();
    const writers = Array.from({ length: HOT_CLIENTS }, () => new HttpClient(edge.realUrl, headers));
    const { latencies_ms, seconds, errors } = await load(writers, HOT_MS, () => EDGE_CALLS.put(hot));
    const { rows } = await store.owner.query<{ versions: number }>(
      'select count(*)::integer as versions from event_log where entity_id = $1',
      [hot],
    );
    for (const client of writers) client.close();
    const contention = `${HOT_CLIENTS} writers of one record`;
    report.add(contention, 'writes/s', latencies_ms.length / seconds);
    report.add(`${contention}: p99`, 'ms', quantile(latencies_ms, 0.99));
    report.add(`${contention}: errors`, 'answers', errors, null, { value_at_most: 0 });
    const lost = latencies_ms.length - (rows[0]?.versions ?? 0);
    report.add(`${contention}: acknowledged and not there`, 'writes', lost, null, { value_at_most: 0 });
    await edge.stop();
  } finally {
    await rig.stop();
  }
}
