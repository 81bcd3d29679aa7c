import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Written } from '../../src/web/api.ts';
import type { LocalDatabase } from '../../src/web/data/local-database.ts';
import type { Operation } from '../../src/web/data/operations.ts';
import type { QueuedWrite } from '../../src/web/data/queued-write.ts';
import { memoryDatabase } from './memory-database.ts';

vi.stubGlobal('ENTITY_TYPES', []);
const { ApiError } = await import('../../src/web/api.ts');
const { Dropped, Outbox } = await import('../../src/web/data/outbox.ts');
const { Unreachable } = await import('../../src/web/unreachable.ts');

const ID = '11111111-1111-4111-8111-111111111111';
const EDIT: Operation = {
  op: 'patch',
  id: ID,
  entity_type: 'habit',
  set: { '/label': 'mine' },
  unset: [],
  expected_version: 3,
};

let database: LocalDatabase;
let page: EventTarget;
beforeEach(() => {
  database = memoryDatabase();
  page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function refusal(status: number, retry_after_ms = 0) {
  return new ApiError(status, { code: 'AN', message: `refused: ${status}`, hint: null, details: null }, retry_after_ms);
}

/** Comes behind the pass over the outbox that is under way. */
function passEnds(): Promise<void> {
  return navigator.locks.request(`annals.outbox.${expect.getState().currentTestName}`, () => {});
}

/** @param answer of the server to the n-th write that it gets, counted from 1: what it throws, or null when it takes it */
async function openOutbox(answer: (n: number) => Error | null | Promise<Error | null>) {
  const sent: QueuedWrite[] = [];
  const looked_at: string[] = [];
  const outbox = new Outbox({
    user: expect.getState().currentTestName ?? '',
    database,
    async send(write): Promise<Written> {
      sent.push(write);
      const error = await answer(sent.length);
      if (error !== null) throw error;
      const entity = { id: ID, entity_type: 'habit', version: 10 * sent.length, updated_at: '', deleted_at: null };
      return { tx: 1, tx_time: '', entities: [entity] };
    },
    onWritten() {},
    async onSentElsewhere(writes) {
      looked_at.push(...writes.map(({ title }) => title));
    },
  });
  await outbox.start();
  return { outbox, sent, looked_at };
}

describe('a write that was refused while nobody waited', () => {
  beforeEach(async () => {
    const refused = { status: 412, code: 'AN', message: 'changed elsewhere', hint: null, details: null };
    await database.put('outbox', { key: 'k', order: 1, title: 'Edit', operations: [EDIT], refusal: refused });
  });

  it('is written over whatever is there when the person insists', async () => {
    const { outbox, sent } = await openOutbox(() => null);
    await outbox.insist('k');
    await expect.poll(() => outbox.writes()).toEqual([]);
    const { expected_version: _, ...whatever } = EDIT;
    expect(sent.map(({ operations }) => operations)).toEqual([[whatever]]);
    expect(sent[0]?.key).not.toBe('k');
  });

  it('is kept when it is refused again, with the new reason', async () => {
    const { outbox } = await openOutbox(() => refusal(404));
    await outbox.insist('k');
    const kept = { title: 'Edit', refusal: { status: 404, message: 'refused: 404' } };
    await expect.poll(() => outbox.writes()).toMatchObject([kept]);
    expect(await database.getAll('outbox')).toMatchObject([kept]);
  });
});

describe('a service that is reached and takes no write', () => {
  it('is asked less and less often, and it is told what holds up the write', async () => {
    const { outbox, sent } = await openOutbox((n) => (n < 7 ? refusal(500) : null));
    expect(await outbox.submit('Edit', [EDIT])).toBe('queued');
    expect(outbox.hindrance()).toBe('service');
    for (const [i, wait_ms] of [2_000, 4_000, 8_000, 16_000, 32_000, 60_000].entries()) {
      await vi.advanceTimersByTimeAsync(wait_ms - 1);
      expect(sent.length).toBe(i + 1);
      await vi.advanceTimersByTimeAsync(1);
      await expect.poll(() => sent.length).toBe(i + 2);
    }
    await expect.poll(() => outbox.writes()).toEqual([]);
    expect(outbox.hindrance()).toBeNull();
  });

  it('is left alone for as long as it says, whatever comes into view or is saved meanwhile', async () => {
    const { outbox, sent } = await openOutbox((n) => (n === 1 ? refusal(503, 30_000) : null));
    await outbox.submit('Edit', [EDIT]);
    page.dispatchEvent(new Event('focus'));
    expect(await outbox.submit('Another', [EDIT])).toBe('queued');
    await vi.advanceTimersByTimeAsync(29_999);
    expect(sent.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await expect.poll(() => outbox.writes()).toEqual([]);
  });

  it('is asked at once when the network comes back, or a person wants it', async () => {
    const { outbox, sent } = await openOutbox((n) => (n < 3 ? refusal(503, 30_000) : null));
    await outbox.submit('Edit', [EDIT]);
    page.dispatchEvent(new Event('online'));
    await expect.poll(() => sent.length).toBe(2);
    await passEnds();
    await outbox.flush();
    expect(outbox.writes()).toEqual([]);
  });
});

it('A write that is dropped while another is sent is told so to who waits for it, and not sent', async () => {
  const answering = Promise.withResolvers<null>();
  const { outbox, sent } = await openOutbox((n) => (n === 1 ? answering.promise : null));
  const first = outbox.submit('First', [EDIT]);
  await expect.poll(() => sent.length).toBe(1);
  const second = outbox.submit('Second', [EDIT]);
  // What it comes to is awaited below; until then nobody has taken the rejection.
  second.catch(() => {});
  await expect.poll(() => database.getAll('outbox')).toHaveLength(2);
  await outbox.discard(outbox.writes()[1]?.key ?? '');
  await expect(second).rejects.toThrow(Dropped);
  answering.resolve(null);
  expect(await first).toBe('saved');
  await passEnds();
  expect(sent.map(({ title }) => title)).toEqual(['First']);
});

it('A write that is on its way is not dropped, and what becomes of it is told', async () => {
  const answering = Promise.withResolvers<null>();
  const { outbox, sent } = await openOutbox((n) => (n === 1 ? refusal(500) : answering.promise));
  expect(await outbox.submit('Edit', [EDIT])).toBe('queued');
  const [key = ''] = outbox.waitingFor(ID);
  await vi.advanceTimersByTimeAsync(2_000);
  await expect.poll(() => sent.length).toBe(2);
  expect(outbox.sending()).toBe(key);
  await outbox.discard(key);
  expect(outbox.waitingFor(ID)).toEqual([key]);
  answering.resolve(null);
  await passEnds();
  expect(outbox.sending()).toBeNull();
  expect(outbox.writes()).toEqual([]);
});

it('A write that another tab drops on its way does not come back when it is refused', async () => {
  const { outbox, sent } = await openOutbox(async (n) => {
    if (n === 1) return new Unreachable(null);
    await database.delete('outbox', sent[0]?.key ?? '');
    return refusal(404);
  });
  expect(await outbox.submit('Edit', [EDIT])).toBe('queued');
  await outbox.flush();
  expect(await database.getAll('outbox')).toEqual([]);
  expect(outbox.writes()).toEqual([]);
});

it('A write that is dropped may have been taken all the same: its records are looked at again, those of a refused one not', async () => {
  const { outbox, looked_at } = await openOutbox((n) => refusal(n === 1 ? 500 : 404));
  await outbox.submit('No answer', [EDIT]);
  await outbox.discard(outbox.waitingFor(ID)[0] ?? '');
  expect(looked_at).toEqual(['No answer']);
  const refused = { status: 412, code: 'AN', message: 'changed elsewhere', hint: null, details: null };
  await database.put('outbox', { key: 'k', order: 1, title: 'Refused', operations: [EDIT], refusal: refused });
  await outbox.flush();
  await outbox.discard('k');
  expect(outbox.writes()).toEqual([]);
  expect(looked_at).toEqual(['No answer']);
});

it('An edit that was begun a hundred writes ago meets what they made of its record', async () => {
  const { outbox, sent } = await openOutbox((n) => (n === 1 ? new Unreachable(null) : null));
  await outbox.submit('Edit', [EDIT]);
  const on_top_of = outbox.waitingFor(ID);
  await outbox.flush();
  for (let i = 1; i < 100; i++) await outbox.submit('Another', [EDIT]);
  await outbox.submit('Just in time', [{ ...EDIT, on_top_of }]);
  expect(sent.at(-1)).toMatchObject({ title: 'Just in time', operations: [{ expected_version: 20 }] });
  await outbox.submit('Late', [{ ...EDIT, on_top_of }]);
  expect(sent.at(-1)).toMatchObject({ title: 'Late', operations: [{ expected_version: 3 }] });
});

it('A network that is back with no word of it is tried by the next save', async () => {
  const { outbox } = await openOutbox((n) => (n === 1 ? new Unreachable(null) : null));
  expect(await outbox.submit('Edit', [EDIT])).toBe('queued');
  expect(await outbox.submit('Another', [EDIT])).toBe('saved');
  expect(outbox.writes()).toEqual([]);
});

it('An edit that was begun on top of a write that has left expects what that one became', async () => {
  const { outbox, sent } = await openOutbox((n) => (n === 1 ? new Unreachable(null) : null));
  await outbox.submit('Edit', [EDIT]);
  const on_top_of = outbox.waitingFor(ID);
  await outbox.flush();
  expect(outbox.writes()).toEqual([]);
  await outbox.submit('On top', [{ ...EDIT, on_top_of }]);
  expect(sent.at(-1)).toMatchObject({ title: 'On top', operations: [{ expected_version: 20 }] });
});

it('Coming into view changes nothing where nothing has changed', async () => {
  const refused = { status: 412, code: 'AN', message: 'changed elsewhere', hint: null, details: null };
  await database.put('outbox', { key: 'k', order: 1, title: 'Edit', operations: [EDIT], refusal: refused });
  const { outbox } = await openOutbox(() => null);
  await passEnds();
  let changes = 0;
  outbox.subscribe(() => changes++);
  page.dispatchEvent(new Event('focus'));
  await passEnds();
  expect(outbox.writes()).toHaveLength(1);
  expect(changes).toBe(0);
});

describe('a device that fails', () => {
  let told: unknown[];
  beforeEach(() => {
    told = [];
    vi.stubGlobal('reportError', (error: unknown) => told.push(error));
  });

  it('is told of when it cannot read its outbox, and what waits goes out later', async () => {
    const { outbox } = await openOutbox(() => null);
    const failure = new Error('The database is closing.');
    vi.spyOn(database, 'getAll').mockRejectedValueOnce(failure);
    expect(await outbox.submit('Edit', [EDIT])).toBe('queued');
    expect(told).toEqual([failure]);
    await vi.advanceTimersByTimeAsync(2_000);
    await expect.poll(() => outbox.writes()).toEqual([]);
  });

  it('is told to who writes when it cannot keep the write, of which nothing is left', async () => {
    const { outbox, sent } = await openOutbox(() => null);
    const failure = new Error('The disk is full.');
    vi.spyOn(database, 'put').mockRejectedValueOnce(failure);
    await expect(outbox.submit('Edit', [EDIT])).rejects.toBe(failure);
    expect(outbox.writes()).toEqual([]);
    expect(sent).toEqual([]);
  });

  it('is told of when it gives no lock, and what waits goes out later', async () => {
    const { outbox } = await openOutbox(() => null);
    const failure = new Error('The document is not active.');
    vi.spyOn(navigator.locks, 'request').mockRejectedValueOnce(failure);
    expect(await outbox.submit('Edit', [EDIT])).toBe('queued');
    expect(told).toEqual([failure]);
    await vi.advanceTimersByTimeAsync(2_000);
    await expect.poll(() => outbox.writes()).toEqual([]);
  });
});
