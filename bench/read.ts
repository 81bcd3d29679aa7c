import type pg from 'pg';
import { fillDatabase, userId } from './analytics-data.ts';
import { recordCalls } from './edge-calls.ts';
import { type Report, timed } from './harness.ts';
import { HttpClient, mustAnswer } from './http-client.ts';
import type { RecordedCall } from './record-calls.ts';
import { type Rig, type Store, startRig } from './rig.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const LARGE_SIZES = [...SIZES, 10_000_000];
/** From here on a read may not get slower. */
const REFERENCE = 100_000;
const FLAT = 1.5;
const ROUNDS = 25;
const WARM_UP_ROUNDS = 3;
const OVERVIEW_MS = 5;
const AS_OF_LIST = 3;
/** One person's diligence stays the same: more events are more years. */
const RECORDS_A_DAY = 100;
const MANY_USERS = 1_000;
/** Of many users each has so many days; and the one who asks has as many records at all sizes, so that what grows is the store. */
const DAYS_OF_MANY = 1_000;
const RECORDS_OF_ONE_OF_MANY = 1_000;
const DAY_MS = 86_400_000;
/** Who asks. */
const USER = userId(0);
/** A rebuild of ten million records takes two. */
const MAX_TICKS = 5;

interface Side {
  readonly label: string;
  readonly events: number;
  readonly client: HttpClient;
  readonly reads: Readonly<Record<string, string>>;
  readonly total_ms: Readonly<Record<string, number[]>>;
  /** The overview's statement, straight to Postgres. */
  readonly overviewInDatabase: () => Promise<number>;
  readonly overview_ms: number[];
}

/** What screens and clients read, through the real Worker, at sizes that alternate. */
export async function run(report: Report, isLarge: boolean): Promise<void> {
  const rig = await startRig();
  try {
    const sizes = isLarge ? LARGE_SIZES : SIZES;
    const stores: Filled[] = [];
    for (const users of [1, MANY_USERS]) {
      for (const events of sizes) {
        stores.push({ store: await rig.openStore(`read_${events}_of_${users}`), events, users });
      }
    }
    // At once, as ten million take minutes; and all before any is refreshed, since a refresh waits for what runs in the cluster.
    await Promise.all(stores.map(fillStore));
    const opened = await Promise.all(stores.map((filled) => openSide(rig, filled)));
    for (const sides of [opened.slice(0, sizes.length), opened.slice(sizes.length)]) {
      for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round++) {
        for (const side of sides) await readAll(side, round >= WARM_UP_ROUNDS);
      }
      for (const side of sides) side.client.close();
      tell(report, sides);
    }
  } finally {
    await rig.stop();
  }
}

async function readAll(side: Side, isMeasured: boolean): Promise<void> {
  const { client, reads, total_ms, overview_ms } = side;
  for (const [name, path] of Object.entries(reads)) {
    const began_ms = performance.now();
    await mustAnswer(client, { method: 'GET', path });
    if (isMeasured) total_ms[name]?.push(performance.now() - began_ms);
  }
  const ms = await side.overviewInDatabase();
  if (isMeasured) overview_ms.push(ms);
}

function tell(report: Report, sides: readonly Side[]): void {
  const reference = sides.find(({ events }) => events === REFERENCE);
  for (const { label, events, total_ms, overview_ms } of sides) {
    for (const name of Object.keys(total_ms)) {
      const is_larger = reference !== undefined && events > REFERENCE;
      const baseline = is_larger ? (reference.total_ms[name] ?? []) : null;
      report.add(`${name}, ${label}`, 'ms', total_ms[name] ?? [], baseline, is_larger ? { ratio_at_most: FLAT } : null);
    }
    report.add(`overview in the database, ${label}`, 'ms', overview_ms, null, {
      value_at_most: OVERVIEW_MS,
    });
    report.add(
      `list as of against the current list, ${label}`,
      'ms',
      total_ms['list as of'] ?? [],
      total_ms.list ?? [],
      {
        ratio_at_most: AS_OF_LIST,
      },
    );
  }
}

interface Filled {
  readonly store: Store;
  readonly events: number;
  readonly users: number;
}

async function fillStore({ store, events, users }: Filled): Promise<void> {
  const spread =
    users === 1
      ? { days: Math.ceil(events / RECORDS_A_DAY) }
      : { days: DAYS_OF_MANY, of_first: RECORDS_OF_ONE_OF_MANY };
  // A seventh of the records have a second version.
  await fillDatabase(store.owner, { events: Math.round((events * 7) / 8), users, ...spread }, correctSome);
}

async function openSide(rig: Rig, { store, events, users }: Filled): Promise<Side> {
  const workers = await rig.startWorkers(store);
  const operator = new HttpClient(workers.apiUrl, {
    Authorization: `Bearer ${await rig.issuer.token({ scope: 'operator' })}`,
  });
  let body = '{"rebuild":true}';
  for (let tick = 0; tick < MAX_TICKS; tick++) {
    await mustAnswer(operator, { method: 'POST', path: '/v1/ops/refreshes', body });
    const behind = await store.owner.query(`select from analytics where kind = 'rollup' and (stale or rebuilding)`);
    if (behind.rowCount === 0) break;
    if (tick === MAX_TICKS - 1) throw new Error(`The rollups of ${events} events are still behind.`);
    body = '{}';
  }
  operator.close();
  const client = new HttpClient(workers.apiUrl, { Authorization: `Bearer ${await rig.issuer.token({ sub: USER })}` });
  const reads = readsOf(await sampleOf(store));
  const total_ms = Object.fromEntries(Object.keys(reads).map((name) => [name, [] as number[]]));
  const { overview } = await recordCalls(rig, store, USER);
  if (overview === undefined) throw new Error('The overview was not recorded.');
  const overviewInDatabase = () => timedInDatabase(store, overview);
  const whose = users === 1 ? 'one user' : `${users.toLocaleString('en')} users`;
  const label = `${events.toLocaleString('en')} events of ${whose}`;
  return { label, events, client, reads, total_ms, overviewInDatabase, overview_ms: [] };
}

/** Planned and run as the application, whatever comes before it in its request not counted. */
async function timedInDatabase({ owner }: Store, { queries }: RecordedCall): Promise<number> {
  await owner.query('begin read only; set local role annals_app');
  let last_ms = 0;
  for (const { query, params } of queries) last_ms = await timed(() => owner.query(query, [...params]));
  await owner.query('rollback');
  return last_ms;
}

/** A second version of every seventh record, a second after its first. */
const correctSome = (client: pg.ClientBase): Promise<unknown> =>
  client.query(`
    with corrected as (
      insert into event_log (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc)
      select nextval('tx_seq'), tx_time + interval '1 second', valid_time + interval '1 second', entity_id, user_id, entity_type,
        doc || '{"notes": "corrected"}'
      from event_log where seq % 7 = 0
      returning entity_id, seq, tx_time, doc
    )
    update entities e set version = c.seq, doc = c.doc, updated_at = c.tx_time, last_tx_time = c.tx_time
    from corrected c where e.entity_id = c.entity_id`);

interface Sample {
  readonly id: string;
  readonly about: string;
}

/** A record with two versions, and what it is about. */
async function sampleOf({ owner }: Store): Promise<Sample> {
  const { rows } = await owner.query<Sample>(
    `select entity_id as id, doc ->> 'project_id' as about from entities
     where user_id = $1 and entity_type = 'project_log' and doc ->> 'notes' = 'corrected' and occurred_at < now() - interval '20 days'
     order by occurred_at desc limit 1`,
    [USER],
  );
  const [sample] = rows;
  if (sample === undefined) throw new Error('No record has two versions.');
  return sample;
}

function readsOf({ id, about }: Sample): Record<string, string> {
  const now = Date.now();
  const instant = (days: number) => new Date(now - days * DAY_MS).toISOString();
  const day = (days: number) => instant(days).slice(0, 10);
  const moment = `valid_time=${instant(10)}&tx_time=${instant(10)}`;
  return {
    overview: '/v1/overview',
    list: '/rest/v1/habit_log?order=timestamp.desc&limit=50',
    'list with filters': `/rest/v1/project_log?project_id=eq.${about}&beginning=gte.${instant(365)}&order=beginning.desc&limit=50`,
    'list as of': `/rest/v1/habit_log?order=timestamp.desc&limit=50&${moment}`,
    heatmap: `/v1/heatmap?entity_type=project_log&year=${new Date(now).getUTCFullYear()}`,
    dashboard: `/v1/dashboard?from=${day(365)}&to=${day(0)}`,
    'record as of': `/v1/entities/${id}?${moment}`,
    history: `/v1/entities/${id}/history`,
    changes: '/v1/changes?limit=100',
  };
}
