import { randomUUID } from 'node:crypto';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { bundleWorker } from '../src/local/bundle-worker.ts';
import { COMPATIBILITY_DATE } from '../src/local/run-workers.ts';
import { HttpClient, type HttpRequest, mustAnswer } from './http-client.ts';
import { type RecordedCall, startRecorder } from './record-calls.ts';
import type { Rig, Store } from './rig.ts';

/** Stands for the entity of a request while calls are recorded. */
const SUBJECT = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

const DOC = JSON.stringify({
  timestamp: '2026-05-01T08:30:00Z',
  time_zone: 'Europe/Berlin',
  habit_ids: ['11111111-1111-4111-8111-000000000001'],
  notes: 'before breakfast',
});

/** What screens and writers ask of the API, about one entity where it is about one. */
export const EDGE_CALLS: Readonly<Record<'put' | 'get' | 'list' | 'overview', (id: string) => HttpRequest>> = {
  put: (id) => ({ method: 'PUT', path: `/v1/entities/habit_log/${id}`, body: DOC }),
  get: (id) => ({ method: 'GET', path: `/v1/entities/${id}` }),
  list: () => ({ method: 'GET', path: '/v1/entities?entity_type=habit_log&limit=50' }),
  overview: () => ({ method: 'GET', path: '/v1/overview' }),
};
export type EdgeCall = keyof typeof EDGE_CALLS;
export const EDGE_CALL_NAMES = Object.keys(EDGE_CALLS) as EdgeCall[];

/** The same as the bare Worker has it. */
export const bareCall = (name: EdgeCall, id: string): HttpRequest => ({
  ...EDGE_CALLS[name](id),
  path: `/${name}/${id}`,
});

/** Sends each call once through the real Worker. @returns what it sent to the database */
export async function recordCalls(rig: Rig, store: Store, user: string): Promise<Record<string, RecordedCall>> {
  const recorder = await startRecorder(rig.neon.port);
  const workers = await rig.startWorkers(store, { port: recorder.port });
  const client = new HttpClient(workers.apiUrl, { Authorization: `Bearer ${await rig.issuer.token({ sub: user })}` });
  const recorded: Record<string, RecordedCall> = {};
  for (const name of EDGE_CALL_NAMES) {
    recorder.take();
    await mustAnswer(client, EDGE_CALLS[name](SUBJECT));
    const [call, ...more] = recorder.take();
    if (call === undefined || more.length > 0) throw new Error(`${name} took ${more.length + 1} requests, not one`);
    recorded[name] = call;
  }
  client.close();
  await workers.stop();
  await recorder.stop();
  return recorded;
}

/** A few lines in workerd that send the same SQL through the same driver, with no sign-in, validation or routing. */
export async function startBareWorker(rig: Rig, store: Store, user: string): Promise<Miniflare> {
  const calls = await recordCalls(rig, store, user);
  const { code } = await bundleWorker('bench/bare-worker.ts');
  return new Miniflare({
    host: '127.0.0.1',
    port: 0,
    log: new Log(LogLevel.WARN),
    cf: false,
    modules: [{ type: 'ESModule', path: 'worker.js', contents: code }],
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: { DATABASE_URL: store.urlAs('annals_app'), CALLS: calls, SUBJECT },
  });
}

/** Ids of records that are there. */
export async function someIds(store: Store, user: string, count: number): Promise<string[]> {
  const { rows } = await store.owner.query<{ entity_id: string }>(
    `select entity_id from entities where user_id = $1 and entity_type = 'habit_log' order by entity_id limit $2`,
    [user, count],
  );
  return rows.map((row) => row.entity_id);
}

/** A new entity for each put, one of those that are there for each get. */
export function subjects(ids: readonly string[]): (name: EdgeCall) => string {
  let next = 0;
  return (name) => (name === 'put' ? randomUUID() : (ids[next++ % ids.length] ?? SUBJECT));
}
