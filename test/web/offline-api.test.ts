import { expect, it, vi } from 'vitest';
import type { StoredRecord } from '../../src/web/data/operations.ts';
import type { TypeFacts } from '../../src/web/records/type-facts.ts';
import type { Session } from '../../src/web/session.ts';
import { memoryDatabase } from './memory-database.ts';

const facts = { until: null, is_personal: true, timeline: true, timer_parent: null, label: ['label'] };
const habit_ids = { name: 'habit_ids', kind: 'refs', target: 'habit', values: null, unit: null } as const;
vi.stubGlobal('ENTITY_TYPES', [
  { ...facts, name: 'habit', from: [], fields: [] },
  { ...facts, name: 'bm_log', from: ['timestamp'], fields: [] },
  {
    ...facts,
    name: 'habit_log',
    from: ['timestamp'],
    fields: [{ ...habit_ids, is_optional: false, is_nullable: false }],
  },
] satisfies TypeFacts[]);
// Nobody listens there.
vi.stubGlobal('location', { origin: 'http://127.0.0.1:1' });
const { annalsApi } = await import('../../src/web/api.ts');
const { offlineApi } = await import('../../src/web/data/offline-api.ts');
const { RecordStore } = await import('../../src/web/data/record-store.ts');
const { Unreachable } = await import('../../src/web/unreachable.ts');

const session: Session = {
  profile: async () => null,
  accessToken: async () => 'token',
  renewedToken: async () => 'token',
  signIn: async () => {},
  finishSignIn: async () => '/',
  signOut: async () => {},
};

function record(id: string, entity_type: string, fields: Record<string, string | boolean | string[]>): StoredRecord {
  const at = '2026-03-01T12:00:00Z';
  const times = { occurred_at: at, occurred_until: at, created_at: at, updated_at: at, deleted_at: null };
  return { id, entity_type, user_id: '', version: 1, ...times, ...fields };
}

/** The API without the network, on a device that keeps these records. */
async function offlineWith(kept: readonly StoredRecord[]) {
  const database = memoryDatabase();
  for (const each of kept) await database.put('records', each);
  for (const name of ['habit', 'habit_log', 'bm_log', 'user'])
    await database.put('types', { name, loaded_at: '2026-03-01T12:00:00Z' });
  const api = annalsApi(session, null);
  return offlineApi(api, new RecordStore({ api, database }));
}

it('a heatmap without the network does not count what is about something archived', async () => {
  const offline = await offlineWith([
    record('shown', 'habit', { label: 'Walk' }),
    record('put-away', 'habit', { label: 'Smoke', archived: true }),
    record('log-1', 'habit_log', { timestamp: '2026-03-01T12:00:00Z', habit_ids: ['shown'] }),
    record('log-2', 'habit_log', { timestamp: '2026-03-01T12:00:00Z', habit_ids: ['put-away'] }),
  ]);
  const query = { entity_type: 'habit_log', year: 2026, show: '' };
  const { days } = await offline.heatmap(query, new AbortController().signal);
  expect(days.map(({ records }) => records)).toEqual([1]);
});

it('years without the network are those of the person’s zone', async () => {
  const offline = await offlineWith([
    record('me', 'user', { time_zone: 'America/Detroit' }),
    { ...record('shown', 'habit', { label: 'Walk' }), occurred_at: '2027-01-01T03:00:00Z' },
  ]);
  const query = { entity_type: 'habit', year: 2026, show: '' };
  expect(await offline.heatmap(query, new AbortController().signal)).toMatchObject({
    years: [2026],
    days: [{ day: '2026-12-31', records: 1 }],
  });
});

it('an overview without the network has bowel movements for who asks for them alone, as the API’s', async () => {
  const log = record('log', 'bm_log', { timestamp: '2026-03-01T12:00:00Z' });
  for (const show_bm_logs of [true, false]) {
    const offline = await offlineWith([record('me', 'user', { time_zone: 'UTC', show_bm_logs }), log]);
    const { timeline } = await offline.overview('', new AbortController().signal);
    expect(timeline.map(({ id }) => id)).toEqual(show_bm_logs ? ['log'] : []);
  }
});

it('a write that gets no answer in time has met no service, and is sent again later', async () => {
  const too_long = new DOMException('Too long.', 'TimeoutError');
  vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(AbortSignal.abort(too_long));
  const written = annalsApi(session, null).transact('key', [], 'why');
  await expect(written).rejects.toEqual(new Unreachable(too_long));
  await expect(written).rejects.toHaveProperty('cause', too_long);
});
