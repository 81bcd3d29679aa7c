import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { type Stack, stackFor } from '../stack.ts';

/** What must never be seen outside: it is put into settings and requests, and then looked for in all that comes out. */
const PASSWORD = `password-${randomUUID()}`;
const WEBHOOK = `webhook-${randomUUID()}`;
const PRIVATE = `private-${randomUUID()}`;

const doc = { label: PRIVATE, notes: PRIVATE, sensitive: true, archived: false };

/** Requests that go well, and that go wrong in every way we know. @returns all that was answered */
async function provoke({ fetch, fetchImporter, token, operatorToken, neon, workers }: Stack): Promise<string[]> {
  const user = randomUUID();
  const json = { 'Content-Type': 'application/json' };
  const put = (body: unknown, headers: Record<string, string> = json) =>
    fetch(`/v1/entities/habit/${randomUUID()}`, { method: 'PUT', as: user, headers, body: JSON.stringify(body) });
  const given = await token(user);
  const answers = [
    await put(doc),
    await put({ ...doc, label: [PRIVATE] }),
    await put({ ...doc, unknown: PRIVATE }),
    await put(doc, { ...json, 'If-Match': `"${PRIVATE}"` }),
    await fetch(`/rest/v1/habit?label=eq.${PRIVATE}&nothing=eq.${PRIVATE}`, { as: user }),
    await fetch(`/v1/entities/${PRIVATE}`, { as: user }),
    await fetch('/v1/overview', { headers: { Authorization: `Bearer ${given}x` } }),
    await fetch('/v1/ops/performance', { as: user }),
    await fetchImporter('/v1/imports', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ fingerprint: PRIVATE }),
    }),
    await fetchImporter('/v1/imports', { headers: { Authorization: `Bearer ${given}` } }),
  ];
  answers.push(...(await bringIn(fetchImporter, user)));
  for (const kind of ['refuse_unreachable', 'drop_before_commit', 'drop_after_commit', 'refuse_connection'] as const) {
    neon.faults.arm(kind);
    answers.push(await put(doc));
    neon.faults.clear();
  }
  // Without a database a tick fails; what it says of that is in the log.
  await workers
    .tick(new Date('2026-07-01T00:00:00Z'))
    .catch((error: Error) => expect(error.message).toBe('The scheduled handler ended with exception.'));
  answers.push(await fetch('/v1/ops/performance', { headers: { Authorization: `Bearer ${await operatorToken()}` } }));
  const texts = await Promise.all(
    answers.map(async (answer) => `${JSON.stringify([...answer.headers])} ${await answer.text()}`),
  );
  return [...texts, given.split('.').at(-1) ?? ''];
}

/** An operator's import of a row that is taken, one that no parser takes and one that no record can be. */
async function bringIn(fetchImporter: Stack['fetchImporter'], user: string): Promise<Response[]> {
  const fingerprint = createHash('sha256').update(PRIVATE).digest('hex');
  const header =
    '{:annals/format 1, :source {:store "xtdb", :version "1.24.5"}, :exported-at #inst "2026-07-01T00:00:00Z"}';
  const row = (id: string, fields: string) =>
    `{:eid #uuid "${id}", :vt #inst "2026-01-01", :tt #inst "2026-01-01", :tx 1, :doc {:xt/id #uuid "${id}", :user/id #uuid "${user}", ${fields}}}`;
  const chunk = [
    header,
    row(randomUUID(), `:habit/label "${PRIVATE}"`),
    row(randomUUID(), `:habit/label "${PRIVATE}`),
    `{:eid "${PRIVATE}", :vt "${PRIVATE}"}`,
  ].join('\n');
  const post = (path: string, type: string, body: string) =>
    fetchImporter(path, { method: 'POST', headers: { 'Content-Type': type }, body });
  const opening = { fingerprint, file_name: PRIVATE, total_bytes: chunk.length };
  const opened = await post('/v1/imports', 'application/json', JSON.stringify(opening));
  // Where there is no database there is no import, and the chunk is refused.
  const { import_id = randomUUID() } = (await opened.clone().json()) as { import_id?: string };
  const path = `/v1/imports/${import_id}`;
  return [
    opened,
    await post(`${path}/chunks?first_line=1&fingerprint=${fingerprint}`, 'application/edn', chunk),
    await fetchImporter(`${path}/rejects`),
    await post(`${path}/pause`, 'application/json', JSON.stringify({ reason: PRIVATE })),
  ];
}

/** @returns where something is told that should not be; the private word may come back to who sent it, and to nobody's log */
async function leaks(stack: Stack): Promise<string[]> {
  const answers = await provoke(stack);
  const signature = answers.pop() ?? PASSWORD;
  await expect.poll(() => stack.logged.length).toBeGreaterThan(10);
  const passwords = [PASSWORD, WEBHOOK, signature, new URL(stack.database.urlAs('annals_app')).password];
  const isTold = (text: string, secrets: readonly string[]) => secrets.some((secret) => text.includes(secret));
  return [
    ...answers.filter((text) => isTold(text, passwords)),
    ...stack.logged.filter((line) => isTold(line, [...passwords, PRIVATE])),
  ];
}

describe('no password, token, webhook or word of a record in a log line, no secret in an answer', () => {
  const working = stackFor(SCHEMA_TEMPLATE, { ALERT_WEBHOOK_URL: `http://127.0.0.1:9/${WEBHOOK}` });
  const unreachable = stackFor(SCHEMA_TEMPLATE, {
    DATABASE_URL: `postgresql://annals_app:${PASSWORD}@127.0.0.1:9/annals`,
  });
  const mistyped = stackFor(SCHEMA_TEMPLATE, { DATABASE_URL: `postgres:/annals_app:${PASSWORD}@db.example` });

  test('when all is well but for what clients and networks do', async () => {
    expect(await leaks(working())).toEqual([]);
  });

  test('when the database is not there', async () => {
    expect(await leaks(unreachable())).toEqual([]);
  });

  test('when the connection string is none', async () => {
    expect(await leaks(mistyped())).toEqual([]);
  });
});
