import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TrafficEvent } from '../../src/local/neon/traffic.ts';
import { ARRAYS, type LocalNeon, startLocalNeon } from './local-neon.ts';

describe('faults, counters and distance', () => {
  let neon: LocalNeon;
  beforeAll(async () => {
    neon = await startLocalNeon();
    await neon.post({ query: 'create table t (name text primary key)' });
  });
  afterEach(() => neon.endpoint.faults.clear());
  afterAll(() => neon.stop());

  const insert = (name: string) => ({ query: `insert into t values ('${name}')` });
  const inBatch = (name: string) => ({ queries: [insert(name), { query: 'select 1' }] });
  const isThere = async (name: string) => {
    const { json } = await neon.post(
      { query: 'select exists (select from t where name = $1)', params: [name] },
      ARRAYS,
    );
    return (json.rows as [boolean][])[0]?.[0];
  };
  const forms: [string, (name: string) => object][] = [
    ['single', insert],
    ['batch', inBatch],
  ];

  it.each(forms)('drops before the commit: nothing stays, and no answer comes (%s)', async (form, request) => {
    const fault = neon.endpoint.faults.arm('drop_before_commit', { matches: (query) => query.includes('insert') });
    await expect(neon.post(request(`before ${form}`))).rejects.toThrow('fetch failed');
    expect(fault.remaining).toBe(0);
    expect(await isThere(`before ${form}`)).toBe(false);
    // Rolled back, not merely on its way: the same key does not wait, and goes in.
    expect((await neon.post(request(`before ${form}`))).status).toBe(200);
  });

  it('has really run a statement that it drops before the commit', async () => {
    await neon.post({ query: 'create sequence s' });
    neon.endpoint.faults.arm('drop_before_commit');
    await expect(neon.post({ query: "select nextval('s')" })).rejects.toThrow('fetch failed');
    const { json } = await neon.post({ query: 'select last_value, is_called from s' }, ARRAYS);
    expect(json.rows).toEqual([['1', true]]);
  });

  it.each(forms)('drops after the commit: everything stays, and no answer comes (%s)', async (form, request) => {
    neon.endpoint.faults.arm('drop_after_commit', { matches: (query) => query.includes('insert') });
    await expect(neon.post(request(`after ${form}`))).rejects.toThrow('fetch failed');
    expect(await isThere(`after ${form}`)).toBe(true);
  });

  it('refuses as an unreachable compute would, for as many requests as it was told', async () => {
    neon.endpoint.faults.arm('refuse_unreachable', { times: 2 });
    for (const status of [500, 500, 200]) expect((await neon.post({ query: 'select 1' })).status).toBe(status);
  });

  it('refuses by cutting the connection, and runs nothing', async () => {
    neon.endpoint.faults.arm('refuse_connection', { matches: (query) => query.includes('insert') });
    await expect(neon.post(insert('refused'))).rejects.toThrow('fetch failed');
    expect(await isThere('refused')).toBe(false);
  });

  it('stalls a request until it is released', async () => {
    const fault = neon.endpoint.faults.arm('stall', { matches: (query) => query.includes('stalled') });
    const stalled = neon.post(insert('stalled'));
    await fault.reached;
    const { json } = await neon.post({
      query: 'select count(*)::int as n from t where name like $1',
      params: ['sta%'],
    });
    expect(json.rows).toEqual([{ n: 0 }]);
    fault.release();
    expect((await stalled).status).toBe(200);
    expect(await isThere('stalled')).toBe(true);
  });

  it('does not run a stalled request whose client has left', async () => {
    const fault = neon.endpoint.faults.arm('stall');
    const left = nextEvent((event) => event.type === 'client_left');
    const cut = nextEvent((event) => event.type === 'answer' && event.status === 'cut');
    const leaving = new AbortController();
    const request = fetch(neon.endpoint.sqlUrl, {
      method: 'POST',
      headers: { 'Neon-Connection-String': neon.url },
      body: JSON.stringify(insert('left')),
      signal: leaving.signal,
    });
    await fault.reached;
    leaving.abort();
    await expect(request).rejects.toThrow('aborted');
    await left;
    fault.release();
    await cut;
    expect(await isThere('left')).toBe(false);
  });

  it.each(forms)('cancels what runs when the client leaves, and writes nothing (%s)', async (form) => {
    const name = `cancelled ${form}`;
    const query = `with slow as materialized (select pg_sleep(60)) insert into t select '${name}' from slow`;
    const cut = nextEvent((event) => event.type === 'answer' && event.status === 'cut');
    const leaving = new AbortController();
    const request = fetch(neon.endpoint.sqlUrl, {
      method: 'POST',
      headers: { 'Neon-Connection-String': neon.url },
      body: JSON.stringify(form === 'single' ? { query } : { queries: [insert(`${name} first`), { query }] }),
      signal: leaving.signal,
    });
    const sleeping = async () => {
      const { json } = await neon.post({
        query:
          "select count(*)::int as n from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()",
      });
      return (json.rows as { n: number }[])[0]?.n;
    };
    await expect.poll(sleeping).toBe(1);
    leaving.abort();
    await expect(request).rejects.toThrow('aborted');
    await cut;
    await expect.poll(sleeping).toBe(0);
    expect(await isThere(name)).toBe(false);
    expect(await isThere(`${name} first`)).toBe(false);
  });

  it('counts requests, batches and statements, and forgets them when told', async () => {
    neon.endpoint.traffic.reset();
    await neon.post({ query: 'select 1' });
    await neon.post({ queries: [{ query: 'select 1' }, { query: 'select 2' }] });
    await neon.post('broken');
    expect(neon.endpoint.traffic.counts).toEqual({
      http_requests: 3,
      batches: 1,
      statements: 3,
      websocket_connections: 0,
    });
    neon.endpoint.traffic.reset();
    expect(neon.endpoint.traffic.counts).toEqual({
      http_requests: 0,
      batches: 0,
      statements: 0,
      websocket_connections: 0,
    });
  });

  it('tells listeners of each request and its answer until they stop listening', async () => {
    const events: TrafficEvent[] = [];
    const stop = neon.endpoint.traffic.listen((event) => events.push(event));
    await neon.post({ query: 'select 1' });
    await neon.post({ queries: [{ query: 'selec' }] });
    stop();
    await neon.post({ query: 'select 2' });
    expect(events.map(({ type }) => type)).toEqual(['request', 'answer', 'request', 'answer']);
    expect(events).toMatchObject([
      { batch: false, queries: ['select 1'] },
      { status: 200 },
      { batch: true, queries: ['selec'] },
      { status: 400 },
    ]);
  });

  it('waits for half a round trip on each way, and no longer once there is none', async () => {
    const waits = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => waits.mockRestore());
    // Nothing else waits for as long.
    const halves = () => waits.mock.calls.filter(([, ms]) => ms === 31).length;
    neon.endpoint.setDelay(62);
    await neon.post({ query: 'select 1' });
    expect(halves()).toBe(2);
    neon.endpoint.setDelay(0);
    await neon.post({ query: 'select 1' });
    expect(halves()).toBe(2);
  });

  function nextEvent(wanted: (event: TrafficEvent) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const stop = neon.endpoint.traffic.listen((event) => {
        if (!wanted(event)) return;
        stop();
        resolve();
      });
    });
  }
});
