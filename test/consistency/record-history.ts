import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { RecordedHistory, RegisterOperation, Snapshot, WrittenTransaction } from './check-history.ts';

export interface Recording {
  readonly apiUrl: string;
  readonly token: string;
  readonly clients: number;
  /** Of each client. */
  readonly operations: number;
  /** The log's versions of these entities at the end: their labels, oldest first. */
  readonly finalVersions: (ids: readonly string[]) => Promise<RecordedHistory['final']>;
}

const ENTITIES = 4;
const MAX_WAIT_MS = 200;
/** A client that holds a key asks again so often: longer than any fault lasts. */
const MAX_TRIES = 200;

/**
 * Lets clients read and write a few records all at once over the API, and keeps what each asked, when, and what it was told.
 * Half of the writes carry a key and are sent again until they are answered; of the others a lost answer stays lost.
 */
export async function recordHistory(recording: Recording): Promise<RecordedHistory> {
  const recorder = new Recorder(recording);
  await Promise.all(Array.from({ length: recording.clients }, (_, n) => recorder.client(n)));
  return recorder.finished();
}

const pick = (most: number): number => Math.floor(Math.random() * most);

interface Answer {
  readonly status: number;
  readonly etag: string;
  readonly body: unknown;
}

class Recorder {
  readonly #recording: Recording;
  readonly #ids = Array.from({ length: ENTITIES }, () => randomUUID());
  readonly #registers: Record<string, RegisterOperation[]> = Object.fromEntries(this.#ids.map((id) => [id, []]));
  readonly #transactions: WrittenTransaction[] = [];
  readonly #snapshots: Snapshot[] = [];

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  async client(number: number): Promise<void> {
    for (let n = 0; n < this.#recording.operations; n++) {
      const value = `${number}.${n}`;
      const chance = Math.random();
      if (chance < 0.4) await this.#write(value);
      else if (chance < 0.6) await this.#swap(value);
      else if (chance < 0.8) await this.#read(this.#anyId());
      else await this.#readAll();
    }
  }

  async finished(): Promise<RecordedHistory> {
    return {
      registers: this.#registers,
      transactions: this.#transactions,
      snapshots: this.#snapshots,
      final: await this.#recording.finalVersions(this.#ids),
    };
  }

  #anyId(): string {
    return this.#ids[pick(ENTITIES)] ?? '';
  }

  /** One to three records at once. */
  async #write(value: string): Promise<void> {
    const first = pick(ENTITIES);
    const entities = Array.from({ length: 1 + pick(3) }, (_, n) => this.#ids[(first + n) % ENTITIES] ?? '');
    const body = { operations: entities.map((id) => ({ op: 'put', id, entity_type: 'habit', doc: docOf(value) })) };
    const called = performance.now();
    const answer = await this.#send('POST', '/v1/transactions', body, {
      ...(Math.random() < 0.5 && { 'Idempotency-Key': `"${value}"` }),
    });
    if (answer !== null && answer.status !== 200) throw new Error(`a write was answered ${answer.status}`);
    const answered = answer === null ? Number.POSITIVE_INFINITY : performance.now();
    this.#transactions.push({ value, entities, outcome: answer === null ? 'lost' : 'acknowledged' });
    for (const id of entities) this.#registers[id]?.push({ kind: 'write', called, answered, value });
  }

  /** A write that holds only when nobody wrote since it was read. */
  async #swap(value: string): Promise<void> {
    const id = this.#anyId();
    const seen = await this.#read(id);
    if (seen === null) return;
    const called = performance.now();
    const condition = seen.etag === '' ? { 'If-None-Match': '*' } : { 'If-Match': seen.etag };
    const answer = await this.#send('PUT', `/v1/entities/habit/${id}`, docOf(value), condition);
    const { value: from } = seen;
    if (answer?.status === 412) {
      this.#registers[id]?.push({ kind: 'refused', called, answered: performance.now(), from });
      this.#transactions.push({ value, entities: [id], outcome: 'refused' });
      return;
    }
    if (answer !== null && answer.status !== 200) throw new Error(`a swap was answered ${answer.status}`);
    const answered = answer === null ? Number.POSITIVE_INFINITY : performance.now();
    this.#registers[id]?.push({ kind: 'swap', called, answered, from, value });
    this.#transactions.push({ value, entities: [id], outcome: answer === null ? 'lost' : 'acknowledged' });
  }

  async #read(id: string): Promise<{ value: string | null; etag: string } | null> {
    const called = performance.now();
    const answer = await this.#send('GET', `/v1/entities/${id}`);
    if (answer === null) return null;
    const value = answer.status === 404 ? null : labelOf(answer.body);
    this.#registers[id]?.push({ kind: 'read', called, answered: performance.now(), value });
    return { value, etag: answer.etag };
  }

  /** All of them in one request, which is one moment. */
  async #readAll(): Promise<void> {
    const called = performance.now();
    const answer = await this.#send('GET', '/v1/entities?entity_type=habit');
    if (answer === null) return;
    const answered = performance.now();
    const { records } = answer.body as { records: { id: string; label: string }[] };
    const labels = new Map(records.map(({ id, label }) => [id, label]));
    const snapshot = Object.fromEntries(this.#ids.map((id) => [id, labels.get(id) ?? null]));
    this.#snapshots.push(snapshot);
    for (const [id, value] of Object.entries(snapshot)) {
      this.#registers[id]?.push({ kind: 'read', called, answered, value });
    }
  }

  /** @returns null when no answer came, or a 5xx, which says nothing of what was done; with a key it is asked again */
  async #send(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer | null> {
    const { apiUrl, token } = this.#recording;
    const tries = 'Idempotency-Key' in headers ? MAX_TRIES : 1;
    for (let left = tries; left > 0; left--) {
      try {
        const answer = await fetch(apiUrl + path, {
          method,
          headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        if (answer.status < 500)
          return { status: answer.status, etag: answer.headers.get('etag') ?? '', body: JSON.parse(text) };
        if (answer.status !== 503) throw new Unexpected(`${method} ${path} was answered ${answer.status}: ${text}`);
      } catch (error) {
        // Else the connection was lost: workerd was killed.
        if (error instanceof Unexpected) throw error;
      }
      await wait(Math.random() * MAX_WAIT_MS);
    }
    return null;
  }
}

class Unexpected extends Error {}

const docOf = (label: string) => ({ label, sensitive: false, archived: false });
const labelOf = (body: unknown): string => (body as { label: string }).label;

/** Reads the labels of all versions, oldest first, by a query as the schema's owner. */
export async function labelsInLog(
  query: (text: string, parameters: unknown[]) => Promise<readonly { entity_id: string; label: string }[]>,
  ids: readonly string[],
): Promise<RecordedHistory['final']> {
  const rows = await query(
    `select entity_id::text, doc ->> 'label' as label from event_log where entity_id = any ($1::uuid[]) order by tx_time, seq`,
    [ids],
  );
  return Object.fromEntries(
    ids.map((id) => [id, rows.filter(({ entity_id }) => entity_id === id).map(({ label }) => label)]),
  );
}
