import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Changes, Written } from '../../src/web/api.ts';
import type { LocalDatabase } from '../../src/web/data/local-database.ts';
import type { Operation, StoredRecord } from '../../src/web/data/operations.ts';
import type { QueuedWrite } from '../../src/web/data/queued-write.ts';
import { memoryDatabase } from './memory-database.ts';

vi.stubGlobal('ENTITY_TYPES', [
  {
    name: 'habit',
    from: [],
    until: null,
    is_personal: true,
    timeline: false,
    timer_parent: null,
    label: [],
    fields: [],
  },
]);
const { ApiError } = await import('../../src/web/api.ts');
const { followChanges } = await import('../../src/web/data/follow-changes.ts');
const { Outbox } = await import('../../src/web/data/outbox.ts');
const { RecordStore } = await import('../../src/web/data/record-store.ts');
const { Unreachable } = await import('../../src/web/unreachable.ts');

const ID = '11111111-1111-4111-8111-111111111111';
const NOON_MS = Date.parse('2026-07-01T12:00:00Z');

beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: NOON_MS }));
afterEach(() => vi.useRealTimers());

/** A window's events, of the tab that is opened next. */
function nextWindow(): EventTarget {
  const events = new EventTarget();
  vi.stubGlobal('addEventListener', events.addEventListener.bind(events));
  return events;
}

function habit(label: string, version: number): StoredRecord {
  const at = new Date(NOON_MS).toISOString();
  const times = { occurred_at: at, occurred_until: at, created_at: at, updated_at: at, deleted_at: null };
  return { id: ID, entity_type: 'habit', user_id: '', version, ...times, label };
}

describe('two tabs of one device', () => {
  it('each follow the change feed, also where the other has followed it already', async () => {
    const database = memoryDatabase();
    await database.put('facts', '0', 'changes_cursor');
    let stored = habit('before', 1);
    let written = 0;
    const change = {
      op: 'put',
      id: ID,
      entity_type: 'habit',
      valid_time: null,
      tx_time: '',
      tx: 1,
      doc: null,
    } as const;
    const api = {
      changes: async (since: string): Promise<Changes> => ({
        changes: Number(since) < written ? [{ ...change, version: stored.version }] : [],
        next: String(written),
        up_to_date: true,
      }),
      entities: async () => ({ records: [stored], next: null }),
      entitiesById: async () => [stored],
      entity: async () => stored,
    };
    const openTab = async () => {
      const events = nextWindow();
      const store = new RecordStore({ api, database });
      followChanges({ api, database, store, onChanged() {} });
      await store.load('habit');
      expect(store.get(ID)).toMatchObject({ label: 'before' });
      return { store, comeIntoView: () => events.dispatchEvent(new Event('focus')) };
    };
    const tabs = [await openTab(), await openTab()];
    stored = habit('after', 2);
    written = 1;
    vi.setSystemTime(NOON_MS + 60_000);
    for (const { store, comeIntoView } of tabs) {
      comeIntoView();
      await expect.poll(() => store.get(ID)?.label).toBe('after');
    }
  });

  describe('share the outbox', () => {
    const remove = { op: 'delete', id: ID, entity_type: 'habit' } as const;
    let database: LocalDatabase;
    let is_reachable: boolean;
    let sent: string[];
    let version: number;

    beforeEach(() => {
      database = memoryDatabase();
      is_reachable = false;
      sent = [];
      version = 1;
    });

    /** An edit of what the server had at first. */
    function edit(label: string, on_top_of: readonly string[]): Operation {
      const set = { '/label': label };
      return { op: 'patch', id: ID, entity_type: 'habit', set, unset: [], expected_version: 1, on_top_of };
    }

    const lock = (): string => `annals.outbox.${expect.getState().currentTestName}`;
    const passEnds = (): Promise<void> => navigator.locks.request(lock(), () => {});

    /** The server, which has one record. */
    function serve({ title, operations }: QueuedWrite): Written {
      for (const { expected_version } of operations) {
        if (expected_version === undefined || expected_version === version) continue;
        const body = { code: 'AN412', message: 'changed', hint: 'Read it.', details: { version } };
        throw new ApiError(412, body, 0);
      }
      sent.push(title);
      version++;
      const entity = { id: ID, entity_type: 'habit', version, updated_at: '', deleted_at: null };
      return { tx: 1, tx_time: '', entities: [entity] };
    }

    async function openTab() {
      const sent_elsewhere: string[] = [];
      const events = nextWindow();
      let is_closed = false;
      const outbox = new Outbox({
        user: expect.getState().currentTestName ?? '',
        database,
        async send(write): Promise<Written> {
          if (!is_reachable || is_closed) throw new Unreachable(null);
          return serve(write);
        },
        onWritten() {},
        async onSentElsewhere(writes) {
          sent_elsewhere.push(...writes.map(({ title }) => title));
        },
      });
      await outbox.start();
      await passEnds();
      return {
        outbox,
        sent_elsewhere,
        comeIntoView: () => events.dispatchEvent(new Event('focus')),
        close() {
          is_closed = true;
        },
      };
    }

    it('so that what a closed tab has left goes out with the other', async () => {
      const [closed, open] = [await openTab(), await openTab()];
      expect(await closed.outbox.submit('Left behind', [remove])).toBe('queued');
      closed.close();
      is_reachable = true;
      open.comeIntoView();
      await expect.poll(() => sent).toEqual(['Left behind']);
      expect(await database.getAll('outbox')).toEqual([]);
    });

    it('so that what was dropped in one is not sent by the other', async () => {
      await database.put('outbox', { key: 'k', order: 1, title: 'Dropped', operations: [remove], refusal: null });
      const [first, second] = [await openTab(), await openTab()];
      await first.outbox.discard('k');
      is_reachable = true;
      await second.outbox.submit('Kept', [remove]);
      expect(sent).toEqual(['Kept']);
    });

    it('so that each write is sent once, and the other tab fetches what became of it', async () => {
      const [first, second] = [await openTab(), await openTab()];
      expect(await first.outbox.submit('Once', [remove])).toBe('queued');
      is_reachable = true;
      await second.outbox.submit('Later', [remove]);
      await first.outbox.flush();
      expect(sent).toEqual(['Once', 'Later']);
      expect(first.sent_elsewhere).toEqual(['Once']);
      expect(first.outbox.writes()).toEqual([]);
    });

    it('so that an edit passes over those that it was made on top of, and over no other', async () => {
      const [first, second] = [await openTab(), await openTab()];
      await first.outbox.submit('First', [edit('first', [])]);
      await first.outbox.submit('On top', [edit('on top', first.outbox.waitingFor(ID))]);
      // The second tab has read of both by now; its form was opened before.
      second.comeIntoView();
      await expect.poll(() => second.outbox.waitingFor(ID)).toHaveLength(2);
      await passEnds();
      is_reachable = true;
      const without = second.outbox.submit('Without them', [edit('without them', [])]);
      await expect(without).rejects.toMatchObject({ status: 412 });
      expect(sent).toEqual(['First', 'On top']);
    });

    it('so that who waits for a write is told how the other tab saw it refused', async () => {
      version = 2;
      const [first, second] = [await openTab(), await openTab()];
      is_reachable = true;
      let refused: Promise<unknown> = Promise.resolve();
      // The other tab is first in the queue, and sends what this one has just kept.
      await navigator.locks.request(lock(), async () => {
        void second.outbox.flush();
        refused = first.outbox.submit('Refused', [edit('late', [])]);
        // What it comes to is awaited below; until then nobody has taken the rejection.
        refused.catch(() => {});
        await expect.poll(() => database.getAll('outbox')).toHaveLength(1);
      });
      const words = { status: 412, code: 'AN412', message: 'changed', hint: 'Read it.', details: { version: 2 } };
      await expect(refused).rejects.toMatchObject(words);
      expect(await database.getAll('outbox')).toEqual([]);
      expect(first.outbox.writes()).toEqual([]);
    });
  });
});
