import { randomUUID } from 'node:crypto';
import { Client, neonConfig } from '@neondatabase/serverless';
import { WebSocket } from 'ws';
import { openDatabase } from '../src/store/database.ts';
import { transact } from '../src/store/transact.ts';
import { fillDatabase, userId } from './analytics-data.ts';
import { alternate, type Report } from './harness.ts';
import { startRig } from './rig.ts';
import { TEXTBOOK_INSERT, TEXTBOOK_TABLES, TEXTBOOK_UPSERT } from './textbook-write.ts';

const DELAYS_MS = [0, 5, 20, 80];
const RECORDS = 10_000;
const WRITES = { 0: 300, 5: 60, 20: 30, 80: 12 } as Readonly<Record<number, number>>;
const WARM_UP = 50;
/** At no distance both are bound by Postgres; what is a tie on a noisy machine. */
const EQUAL = 1.1;

const AFRESH = '  the same, the textbook opening its connection as a Worker must,';

/**
 * One write in one request, against the textbook's four statements over one connection that is already open: BEGIN, INSERT of
 * the event, upsert of the entity, COMMIT, each waited for as application code waits for it.
 */
export async function run(report: Report): Promise<void> {
  const rig = await startRig();
  try {
    const store = await rig.openStore('write');
    await fillDatabase(store.owner, { events: RECORDS, users: 1, days: 1_000 });
    await store.owner.query(TEXTBOOK_TABLES);
    const user = userId(0);
    const database = openDatabase(store.urlAs('annals_app'));
    const url = store.urlAs('annals_app');
    const kept = await connect(url, rig.neon.port);
    const oneRequest = async (): Promise<void> => {
      const put = { op: 'put' as const, entity_id: randomUUID(), entity_type: 'habit_log', doc: docText() };
      const request = { user_id: user, operations: [put], idempotency_key: null, request_hash: '' };
      await transact(database, { ...request, client: null, meta: null });
    };
    const fourStatements = async (textbook: Client): Promise<void> => {
      const parameters = [randomUUID(), user, 'habit_log', docText()];
      await textbook.query('begin');
      await textbook.query(TEXTBOOK_INSERT, parameters);
      await textbook.query(TEXTBOOK_UPSERT, parameters);
      await textbook.query('commit');
    };
    const sides = [oneRequest, () => fourStatements(kept)];
    for (const delay_ms of DELAYS_MS) {
      await rig.neon.setDelay(delay_ms);
      if (delay_ms === 0) await alternate(WARM_UP, sides);
      const [ours = [], theirs = []] = await alternate(WRITES[delay_ms] ?? 0, sides);
      const goal = delay_ms === 0 ? { ratio_at_most: EQUAL } : { ratio_at_most: 1 / 4 };
      report.add(`one write at ${delay_ms} ms of round trip, median`, 'ms', ours, theirs, goal);
      const [again = [], opened = []] = await alternate(WRITES[delay_ms] ?? 0, [
        oneRequest,
        async () => {
          const client = await connect(url, rig.neon.port);
          await fourStatements(client);
          await client.end();
        },
      ]);
      report.add(`${AFRESH} at ${delay_ms} ms of round trip, median`, 'ms', again, opened);
    }
    await kept.end();
  } finally {
    await rig.stop();
  }
}

const docText = (): string =>
  JSON.stringify({
    timestamp: new Date().toISOString(),
    time_zone: 'Europe/Berlin',
    habit_ids: ['11111111-1111-4111-8111-000000000001'],
    notes: 'before breakfast',
  });

/** Through the same endpoint, as a session over WebSocket: the other road that a Worker has to Neon. */
async function connect(url: string, port: number): Promise<Client> {
  neonConfig.wsProxy = `127.0.0.1:${port}/v2`;
  neonConfig.useSecureWebSocket = false;
  neonConfig.pipelineConnect = false;
  neonConfig.webSocketConstructor = WebSocket;
  const client = new Client(url);
  client.on('error', () => {});
  await client.connect();
  return client;
}
