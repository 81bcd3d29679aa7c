import { fillDatabase, userId } from './analytics-data.ts';
import { EDGE_CALL_NAMES, EDGE_CALLS, someIds, subjects } from './edge-calls.ts';
import type { Report } from './harness.ts';
import { HttpClient, load } from './http-client.ts';
import { type Rig, type Store, startRig } from './rig.ts';

const RECORDS = 10_000;
const CLIENTS = 16;
const WARM_UP_MS = 2_000;
const ROUNDS = 9;
const ROUND_MS = 700;

/** What row-level security costs of the requests a second: the same Worker over an equal database whose tables have it switched off. */
export async function run(report: Report): Promise<void> {
  const rig = await startRig();
  try {
    const user = userId(0);
    const sides = [await openSide(rig, 'guarded', user), await openSide(rig, 'open', user)] as const;
    await switchOff(sides[1].store);
    for (const name of EDGE_CALL_NAMES) {
      const rates: [number[], number[]] = [[], []];
      for (let round = -1; round < ROUNDS; round++) {
        for (const [n, { clients, subject }] of sides.entries()) {
          const next = () => EDGE_CALLS[name](subject(name));
          const { latencies_ms, seconds, errors } = await load(clients, round < 0 ? WARM_UP_MS : ROUND_MS, next);
          if (errors > 0) throw new Error(`${errors} answers to ${name} were errors`);
          if (round >= 0) rates[n]?.push(latencies_ms.length / seconds);
        }
      }
      report.add(`${name}, ${CLIENTS} clients`, 'requests/s', rates[0], rates[1], {
        ratio_at_least: 0.85,
      });
    }
    for (const { clients } of sides) for (const client of clients) client.close();
  } finally {
    await rig.stop();
  }
}

async function openSide(rig: Rig, name: string, user: string) {
  const store = await rig.openStore(name);
  await fillDatabase(store.owner, { events: RECORDS, users: 1, days: 1_000 });
  const workers = await rig.startWorkers(store);
  const headers = { Authorization: `Bearer ${await rig.issuer.token({ sub: user })}` };
  const clients = Array.from({ length: CLIENTS }, () => new HttpClient(workers.apiUrl, headers));
  return { store, clients, subject: subjects(await someIds(store, user, 1_000)) };
}

async function switchOff({ owner }: Store): Promise<void> {
  const { rows } = await owner.query<{ statement: string }>(
    `select format('alter table %s disable row level security', oid::regclass) as statement from pg_class where relrowsecurity`,
  );
  for (const { statement } of rows) await owner.query(statement);
}
