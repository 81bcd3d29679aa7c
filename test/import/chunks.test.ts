import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ChunkAnswer } from '../../src/importer/apply-chunk.ts';
import type { ImportStatus } from '../../src/importer/import-status.ts';
import type { RejectsPage } from '../../src/importer/list-rejects.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { type Stack, startStack } from '../stack.ts';
import { emptyStore } from './empty-store.ts';
import { cutHistory, type HistoryCut, historyOf } from './history-cut.ts';
import { storeDigest } from './store-digest.ts';

/** Rows of 200 entities in five chunks, and what they leave in a store that took them in order, once. */
const cut = cutHistory(200);
const CHUNK_LINES = Math.ceil(cut.lines.length / 5);

let stack: Stack & { stop(): Promise<void> };
let owner: pg.Pool;
let undisturbed: string;

beforeAll(async () => {
  stack = await startStack(SCHEMA_TEMPLATE);
  owner = new pg.Pool({ connectionString: stack.database.url, max: 2 });
  const id = await open(cut);
  for (const chunk of chunksOf(cut)) await applied(id, cut, chunk);
  await act(id, 'finish', 200);
  undisturbed = await storeDigest(owner);
});
afterAll(async () => {
  await owner?.end();
  await stack?.stop();
});
beforeEach(() => emptyStore(owner));
afterEach(() => stack.neon.faults.clear());

interface SentChunk {
  readonly first_line: number;
  readonly text: string;
}

function chunksOf({ lines }: HistoryCut, size = CHUNK_LINES): SentChunk[] {
  const chunks: SentChunk[] = [];
  for (let at = 0; at < lines.length; at += size) {
    chunks.push({ first_line: at + 1, text: `${lines.slice(at, at + size).join('\n')}\n` });
  }
  return chunks;
}

async function open(history: HistoryCut): Promise<string> {
  const answer = await stack.fetchImporter('/v1/imports', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fingerprint: history.fingerprint, file_name: 'cut.edn', total_bytes: history.text.length }),
  });
  expect([200, 201]).toContain(answer.status);
  return ((await answer.json()) as ImportStatus).import_id;
}

function send(
  id: string,
  history: Pick<HistoryCut, 'fingerprint'>,
  chunk: SentChunk,
  init: RequestInit = {},
): Promise<Response> {
  return stack.fetchImporter(
    `/v1/imports/${id}/chunks?first_line=${chunk.first_line}&fingerprint=${history.fingerprint}`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/edn' },
      body: chunk.text,
      ...init,
    },
  );
}

async function applied(id: string, history: HistoryCut, chunk: SentChunk): Promise<ChunkAnswer> {
  const answer = await send(id, history, chunk);
  expect({ status: answer.status, body: answer.ok ? '' : await answer.clone().text() }).toEqual({
    status: 200,
    body: '',
  });
  return (await answer.json()) as ChunkAnswer;
}

async function act(id: string, action: string, status: number, body?: object) {
  const answer = await stack.fetchImporter(`/v1/imports/${id}/${action}`, {
    method: 'POST',
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const json = (await answer.json()) as ImportStatus & { code: string; message: string; hint: string };
  expect({ status: answer.status, body: answer.status === status ? null : json }).toEqual({ status, body: null });
  return json;
}

async function statusOf(id: string): Promise<ImportStatus> {
  return (await (await stack.fetchImporter(`/v1/imports/${id}`)).json()) as ImportStatus;
}

async function refused(
  answer: Response,
  status: number,
  words: RegExp,
): Promise<{ hint: string | null; details: unknown }> {
  const body = (await answer.json()) as { code: string; message: string; details: unknown; hint: string | null };
  expect({ status: answer.status, code: body.code }).toEqual({ status, code: `AN${status}` });
  expect(body.message).toMatch(words);
  return body;
}

const firstOf = (history: HistoryCut): SentChunk => chunksOf(history)[0] as SentChunk;

describe('a chunk', () => {
  test('sent twice is applied once, and the second answer says what the first did', async () => {
    const id = await open(cut);
    for (const chunk of chunksOf(cut)) {
      const first = await applied(id, cut, chunk);
      const second = await applied(id, cut, chunk);
      expect(first.applied).toBe(true);
      expect(second).toEqual({ ...first, applied: false });
    }
    await act(id, 'finish', 200);
    expect(await storeDigest(owner)).toBe(undisturbed);
  });

  test('can come in any order, all at once, and each four times', async () => {
    const id = await open(cut);
    const chunks = chunksOf(cut).reverse();
    const answers = await Promise.all([0, 1, 2, 3].flatMap(() => chunks.map((chunk) => applied(id, cut, chunk))));
    expect(answers.filter((answer) => answer.applied)).toHaveLength(chunks.length);
    const finished = await act(id, 'finish', 200);
    expect(finished).toMatchObject({ rows: cut.rows, inserted: cut.rows, chunks: chunks.length });
    expect(await storeDigest(owner)).toBe(undisturbed);
  });

  test('can be a version of an entity whose others come at the same time', async () => {
    const few = cutHistory(40);
    const whole = await open(few);
    for (const chunk of chunksOf(few, few.lines.length)) await applied(whole, few, chunk);
    const expected = await storeDigest(owner);
    for (let round = 0; round < 3; round++) {
      await emptyStore(owner);
      const id = await open(few);
      await Promise.all(chunksOf(few, 1).map((chunk) => applied(id, few, chunk)));
      expect(await storeDigest(owner)).toBe(expected);
    }
  });

  test('can come gzipped', async () => {
    const id = await open(cut);
    const chunk = firstOf(cut);
    const answer = await send(id, cut, chunk, {
      headers: { 'content-type': 'application/edn', 'content-encoding': 'gzip' },
      body: new Uint8Array(gzipSync(chunk.text)),
    });
    expect(await answer.json()).toMatchObject({ applied: true, first_line: 1, last_line: CHUNK_LINES });
    expect(await applied(id, cut, chunk)).toMatchObject({ applied: false });
  });

  test('after the end is known for what it was, and a new one is refused', async () => {
    const id = await open(cut);
    for (const chunk of chunksOf(cut)) await applied(id, cut, chunk);
    await act(id, 'finish', 200);
    expect(await applied(id, cut, firstOf(cut))).toMatchObject({ applied: false });
    await refused(await send(id, cut, { first_line: 2, text: `${cut.lines[1]}\n` }), 409, /finished/);
    await act(id, 'finish', 200);
    expect(await storeDigest(owner)).toBe(undisturbed);
  });

  test('that overlaps lines which are in, cut otherwise, is refused', async () => {
    const id = await open(cut);
    await applied(id, cut, firstOf(cut));
    const before = await storeDigest(owner);
    const text = `${cut.lines.slice(CHUNK_LINES - 1, CHUNK_LINES + 1).join('\n')}\n`;
    const { hint } = await refused(await send(id, cut, { first_line: CHUNK_LINES, text }), 409, /overlap/);
    expect(hint).toMatch(/missing/);
    expect(await storeDigest(owner)).toBe(before);
  });

  test('is one request to the database, and so is every other request', async () => {
    const id = await open(cut);
    const counted = async (request: () => Promise<Response>) => {
      stack.neon.traffic.reset();
      const answer = await request();
      await answer.arrayBuffer();
      return stack.neon.traffic.counts.statements;
    };
    const chunk = firstOf(cut);
    expect(await counted(() => send(id, cut, chunk))).toBe(1);
    expect(await counted(() => send(id, cut, chunk))).toBe(1);
    for (const path of ['/v1/imports', `/v1/imports/${id}`, `/v1/imports/${id}/rejects`, `/v1/imports/${id}/report`]) {
      expect(await counted(() => stack.fetchImporter(path))).toBe(1);
    }
    expect(await counted(() => stack.fetchImporter(`/v1/imports/${id}/finish`, { method: 'POST' }))).toBe(1);
    const check = { method: 'POST', headers: { 'content-type': 'application/edn' }, body: chunk.text };
    expect(await counted(() => stack.fetchImporter('/v1/dry-run/chunks?first_line=1', check))).toBe(0);
  });
});

describe('a lost answer', () => {
  test('before the commit leaves nothing; after it, everything; and sending again ends the same', async () => {
    const id = await open(cut);
    for (const chunk of chunksOf(cut)) {
      const before = await storeDigest(owner);
      stack.neon.faults.arm('drop_before_commit');
      await refused(await send(id, cut, chunk), 503, /cannot be reached/);
      expect(await storeDigest(owner)).toBe(before);
      stack.neon.faults.arm('drop_after_commit');
      await refused(await send(id, cut, chunk), 503, /cannot be reached/);
      expect(await storeDigest(owner)).not.toBe(before);
      expect(await applied(id, cut, chunk)).toMatchObject({ applied: false });
    }
    await act(id, 'finish', 200);
    expect(await storeDigest(owner)).toBe(undisturbed);
  });

  test('of opening and of finishing is given again', async () => {
    stack.neon.faults.arm('drop_after_commit');
    await expect(open(cut)).rejects.toThrow();
    const id = await open(cut);
    for (const chunk of chunksOf(cut)) await applied(id, cut, chunk);
    stack.neon.faults.arm('drop_after_commit');
    await act(id, 'finish', 503);
    expect(await act(id, 'finish', 200)).toMatchObject({ state: 'finished', import_id: id });
  });

  test('says when to try again', async () => {
    const id = await open(cut);
    stack.neon.faults.arm('refuse_unreachable');
    const answer = await send(id, cut, firstOf(cut));
    expect(answer.headers.get('retry-after')).toBe('1');
    await answer.body?.cancel();
  });
});

describe('lines that are no history', () => {
  test('are kept as rejects with number, reason and bytes, and cost the others nothing', async () => {
    const lines = [...cut.lines.slice(0, 40)];
    const broken: [number, string][] = [
      [5, '{:eid #uuid "00000000-0000-4000-8000-000000000001", :vt'],
      [6, ''],
      [9, '{:eid :a, :vt #inst "2024-01-01", :tt #inst "2024-01-01", :tx 1}'],
      [12, '\u0000{:hello "wörld"}'],
      [20, '{:annals/format 1}'],
      [33, `{:eid ${'['.repeat(5_000)}`],
    ];
    for (const [line, text] of broken) lines[line - 1] = text;
    const history = historyOf(lines, 0, 0);
    const id = await open(history);
    const answer = await applied(id, history, { first_line: 1, text: history.text });
    expect(answer.rejects.map((reject) => reject.line)).toEqual(broken.map(([line]) => line));
    for (const { reason } of answer.rejects) expect(reason).toMatch(/\w{3}/);
    expect(answer.rows).toBe(40 - 1 - broken.length);

    const page = (await (await stack.fetchImporter(`/v1/imports/${id}/rejects`)).json()) as RejectsPage;
    const raw = page.rejects.map((reject) => [reject.line, Buffer.from(reject.raw, 'base64').toString('utf8')]);
    expect(raw).toEqual(broken);
    expect(page.rejects.map(({ line, reason }) => ({ line, reason }))).toEqual(answer.rejects);
    const paged = (await (
      await stack.fetchImporter(`/v1/imports/${id}/rejects?after_line=6&limit=2`)
    ).json()) as RejectsPage;
    expect(paged.rejects.map((reject) => reject.line)).toEqual([9, 12]);
    expect(paged.next_after_line).toBe(12);
  });

  test('in bytes that are not UTF-8 are one reject each', async () => {
    const id = await open(cut);
    const bytes = Buffer.concat([
      Buffer.from(`${cut.lines.slice(0, 3).join('\n')}\n`),
      Buffer.from([0x7b, 0xff, 0xfe, 0x0a]),
      Buffer.from(`${cut.lines[4]}\n`),
    ]);
    const answer = (await (await send(id, cut, firstOf(cut), { body: new Uint8Array(bytes) })).json()) as ChunkAnswer;
    expect(answer).toMatchObject({ rows: 3, rejects: [{ line: 4, reason: 'the line is not UTF-8' }] });
    const page = (await (await stack.fetchImporter(`/v1/imports/${id}/rejects`)).json()) as RejectsPage;
    expect(page.rejects.map((reject) => reject.raw)).toEqual([Buffer.from([0x7b, 0xff, 0xfe]).toString('base64')]);
  });

  test('another doc at a place in history that is taken is a reject, whichever import brought it', async () => {
    const id = await open(cut);
    await applied(id, cut, firstOf(cut));
    const lines = cut.lines.slice(0, CHUNK_LINES).map((line) => line.replace('"America/Detroit"', '"Europe/Paris"'));
    const changed = lines.flatMap((line, i) => (line === cut.lines[i] ? [] : [i + 1]));
    const other = historyOf(lines, 0, 0);
    const otherId = await open(other);
    const events = await owner.query('select md5(string_agg(e::text, $1 order by seq)) from event_log e', ['']);
    const answer = await applied(otherId, other, { first_line: 1, text: other.text });
    expect(changed.length).toBeGreaterThan(0);
    expect(answer).toMatchObject({ applied: true, inserted: 0 });
    expect(answer.rejects.map((reject) => reject.line)).toEqual(changed);
    expect((await owner.query('select md5(string_agg(e::text, $1 order by seq)) from event_log e', [''])).rows).toEqual(
      events.rows,
    );
  });
});

describe('bad input gets a clear answer and changes nothing', () => {
  let id: string;
  let before: string;
  beforeEach(async () => {
    id = await open(cut);
    await applied(id, cut, { first_line: 1, text: `${cut.lines.slice(0, 3).join('\n')}\n` });
    before = await storeDigest(owner);
  });
  afterEach(async () => {
    expect(await storeDigest(owner)).toBe(before);
  });
  const next: SentChunk = { first_line: 4, text: `${cut.lines[3]}\n` };

  test('a chunk of another file than the import was opened with', async () => {
    await refused(await send(id, { fingerprint: 'a'.repeat(64) }, next), 409, /another file/);
  });
  test('an import that is not there', async () => {
    await refused(await send('00000000-0000-4000-8000-000000000000', cut, next), 404, /no such import/);
    await refused(await stack.fetchImporter('/v1/imports/00000000-0000-4000-8000-000000000000'), 404, /no such import/);
    await refused(await stack.fetchImporter('/v1/imports/42'), 422, /id/);
  });
  test('a content type that is not EDN', async () => {
    await refused(await send(id, cut, next, { headers: { 'content-type': 'application/json' } }), 415, /EDN/);
    await refused(await send(id, cut, next, { headers: {} }), 415, /EDN/);
  });
  test('a compression that is not known, or broken, or that swells without end', async () => {
    const gzip = { 'content-type': 'application/edn', 'content-encoding': 'gzip' };
    const zstd = { 'content-type': 'application/edn', 'content-encoding': 'zstd' };
    await refused(await send(id, cut, next, { headers: zstd }), 415, /compressed/);
    await refused(await send(id, cut, next, { headers: gzip }), 400, /gzip/);
    const packed = gzipSync(next.text);
    await refused(
      await send(id, cut, next, { headers: gzip, body: new Uint8Array(packed.subarray(0, 60)) }),
      400,
      /whole/,
    );
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    await refused(await send(id, cut, next, { headers: gzip, body: new Uint8Array(bomb) }), 413, /over \d+ bytes/);
  });
  test('a body over 8 MiB', async () => {
    await refused(await send(id, cut, next, { body: ' '.repeat(8 * 1024 * 1024 + 1) }), 413, /over \d+ bytes/);
  });
  test('a chunk that would be too much for one request to the database', async () => {
    const line = (i: number) =>
      `{:eid ${i}, :vt #inst "2024-01-01", :tt #inst "2024-01-01", :tx 1, :doc {:xt/id ${i} :text "${'\\"'.repeat(500_000)}"}}\n`;
    const answer = await send(id, cut, { first_line: 4, text: [1, 2, 3, 4, 5, 6, 7].map(line).join('') });
    expect((await refused(answer, 413, /do not fit/)).hint).toMatch(/fewer/);
  });
  test('an empty chunk', async () => {
    await refused(await send(id, cut, { first_line: 4, text: '' }), 400, /empty/);
  });
  test('a line number or a fingerprint that is none', async () => {
    await refused(await send(id, cut, { ...next, first_line: 0 }), 422, /first_line/);
    await refused(await send(id, { fingerprint: 'x' }, next), 422, /fingerprint/);
  });
  test('a history that does not begin with its header', async () => {
    await refused(await send(id, cut, { first_line: 1, text: `${cut.lines[1]}\n` }), 422, /line 1 is not the header/);
    await refused(await send(id, cut, { first_line: 1, text: '{:annals/format 99}\n' }), 422, /line 1 .*format/);
    await refused(await send(id, cut, { first_line: 1, text: '<html>\n' }), 422, /line 1/);
  });
  test('lines after the footer, in one chunk or in the next', async () => {
    const footer = cut.lines.at(-1);
    const text = `${footer}\n${cut.lines[3]}\n`;
    await refused(await send(id, cut, { first_line: 4, text }), 422, /after its footer/);
  });
  test('finishing a file that was cut short says which lines are in', async () => {
    const { message, hint } = await act(id, 'finish', 422);
    expect(message).toMatch(/no footer/);
    expect(hint).toMatch(/Lines up to 3/);
  });
  test('an opening that is not JSON, of another type, or with a field missing', async () => {
    const open = (body: string, type: string) =>
      stack.fetchImporter('/v1/imports', { method: 'POST', headers: { 'content-type': type }, body });
    await refused(await open('{"fingerprint":', 'application/json'), 400, /not JSON/);
    await refused(await open('{}', 'text/plain'), 415, /JSON/);
    expect((await refused(await open('{"fingerprint":"x"}', 'application/json'), 422, /./)).details).toHaveLength(3);
  });
  test('nobody, a person, and a forged operator', async () => {
    const as = (token: string) => ({
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/edn' },
    });
    const anonymous = await fetch(`${stack.workers.importUrl}/v1/imports`);
    await refused(anonymous, 401, /signed-in/);
    await refused(
      await send(id, cut, next, as(await stack.token('a58626f1-e158-4bc5-a050-e9dafb06c81c'))),
      403,
      /operator/,
    );
    await refused(await send(id, cut, next, as(await stack.issuer.wrongKey({ scope: 'operator' }))), 401, /./);
  });
  test('a route that is not there', async () => {
    await refused(await stack.fetchImporter('/v1/nothing'), 404, /route/);
  });
});

describe('lines beyond the footer that another chunk brought', () => {
  test('are refused whichever comes first', async () => {
    const footer = `${cut.lines.at(-1)}\n`;
    const header = `${cut.lines[0]}\n`;
    const id = await open(cut);
    await applied(id, cut, { first_line: 1, text: header });
    await applied(id, cut, { first_line: 2, text: footer });
    await refused(await send(id, cut, { first_line: 3, text: `${cut.lines[3]}\n` }), 422, /after its footer/);
    const other = historyOf([...cut.lines, ''], 0, 0);
    const otherId = await open(other);
    await applied(otherId, other, { first_line: 3, text: `${cut.lines[3]}\n` });
    await refused(await send(otherId, other, { first_line: 2, text: footer }), 422, /after its footer/);
  });

  test('a footer that promises other counts than the file has is refused at the end', async () => {
    const end = (rows: number, entities: number) =>
      `{:annals/end true, :rows ${rows}, :entities ${entities}, :evicted 0}`;
    for (const [footer, words] of [
      [end(cut.rows + 1, cut.entities), /promises .* rows/],
      [end(cut.rows, cut.entities - 1), /promises .* entities/],
    ] as const) {
      const history = historyOf([...cut.lines.slice(0, -1), footer], cut.rows, cut.entities);
      const id = await open(history);
      for (const chunk of chunksOf(history)) await applied(id, history, chunk);
      expect((await act(id, 'finish', 422)).message).toMatch(words);
      expect((await statusOf(id)).state).toBe('running');
    }
  });

  test('a line that is missing in the middle is named', async () => {
    const id = await open(cut);
    const chunks = chunksOf(cut);
    for (const chunk of chunks) if (chunk !== chunks[2]) await applied(id, cut, chunk);
    const missing = 2 * CHUNK_LINES + 1;
    expect((await act(id, 'finish', 422)).message).toBe(`line ${missing} is missing`);
    expect((await statusOf(id)).applied_lines).toEqual([
      [1, 2 * CHUNK_LINES],
      [3 * CHUNK_LINES + 1, cut.lines.length],
    ]);
  });
});

describe('an import’s state', () => {
  const actions = ['resume', 'pause', 'cancel', 'finish'] as const;
  const legal: Record<ImportStatus['state'], Partial<Record<(typeof actions)[number], ImportStatus['state']>>> = {
    running: { resume: 'running', pause: 'paused', cancel: 'cancelled', finish: 'finished' },
    paused: { resume: 'running', pause: 'paused', cancel: 'cancelled' },
    cancelled: { cancel: 'cancelled' },
    finished: { finish: 'finished' },
  };

  for (const [state, transitions] of Object.entries(legal)) {
    for (const action of actions) {
      const next = transitions[action];
      test(`${state}: ${action} ${next === undefined ? 'is refused' : `makes it ${next}`}`, async () => {
        const id = await open(cut);
        for (const chunk of chunksOf(cut)) await applied(id, cut, chunk);
        if (state === 'paused') await act(id, 'pause', 200, { reason: 'lunch' });
        if (state === 'cancelled') await act(id, 'cancel', 200);
        if (state === 'finished') await act(id, 'finish', 200);
        await act(id, action, next === undefined ? 409 : 200, action === 'pause' ? { reason: null } : undefined);
        expect((await statusOf(id)).state).toBe(next ?? state);
      });
    }
  }

  test('paused takes no chunk until it is resumed, and keeps the reason', async () => {
    const id = await open(cut);
    await act(id, 'pause', 200, { reason: 'lunch\0' });
    expect(await statusOf(id)).toMatchObject({ state: 'paused', last_error: 'lunch␀' });
    await refused(await send(id, cut, firstOf(cut)), 409, /paused/);
    await act(id, 'resume', 200);
    expect(await applied(id, cut, firstOf(cut))).toMatchObject({ applied: true });
    expect(await statusOf(id)).toMatchObject({ state: 'running', last_error: 'lunch␀' });
  });

  test('two operators pressing different buttons at once: one order, and every answer fits it', async () => {
    const id = await open(cut);
    for (const chunk of chunksOf(cut)) await applied(id, cut, chunk);
    const press = (action: string) => stack.fetchImporter(`/v1/imports/${id}/${action}`, { method: 'POST' });
    const [cancel, finish] = await Promise.all([press('cancel'), press('finish')]);
    expect([cancel.status, finish.status].sort()).toEqual([200, 409]);
    expect((await statusOf(id)).state).toBe(cancel.status === 200 ? 'cancelled' : 'finished');
  });

  test('cancelled, a file can be imported anew, and what is in is not written twice', async () => {
    const id = await open(cut);
    await applied(id, cut, firstOf(cut));
    await act(id, 'cancel', 200);
    const anew = await open(cut);
    expect(anew).not.toBe(id);
    for (const chunk of chunksOf(cut)) await applied(anew, cut, chunk);
    const finished = await act(anew, 'finish', 200);
    expect(finished.rows - finished.inserted).toBe((await statusOf(id)).rows);
    expect(await storeDigest(owner)).toBe(undisturbed);
  });
});
