import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ImportState, ImportStatus } from '../../src/importer/import-status.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

const ROWS = 9;
/** Header, rows, footer. */
const LINES = ROWS + 2;
/** The first chunk's; the second has the rest. */
const FIRST_LINES = 8;
/** A line of the first chunk that no import can take, until it is mended. */
const REJECTED = 4;

/** A history of entities that no other has. */
function newHistory(): string[] {
  const row = () => {
    const id = `#uuid "${randomUUID()}"`;
    return `{:eid ${id}, :vt #inst "2024-01-01", :tt #inst "2024-01-01", :tx 1, :doc {:xt/id ${id}}}`;
  };
  return [
    '{:annals/format 1, :source {:store "xtdb", :version "1.24.5"}}',
    ...Array.from({ length: ROWS }, row),
    `{:annals/end true, :rows ${ROWS}, :entities ${ROWS}, :evicted 0}`,
  ];
}

const ACTIONS = ['resume', 'pause', 'cancel', 'finish', 'force', 'mend', 'chunk'] as const;
type Action = (typeof ACTIONS)[number];

/** What may depend on who was first. */
interface Import {
  readonly state: ImportState;
  /** Whether the last chunk is in. */
  readonly complete: boolean;
  readonly mended: number;
  readonly forced: boolean;
}

type Pressed = readonly [status: number, after: Import];
const refused = (before: Import): Pressed => [409, before];
const become =
  (state: ImportState) =>
  (before: Import): Pressed => [200, { ...before, state }];
const stays = (before: Import): Pressed => [200, before];
const finish =
  (forced: boolean) =>
  (before: Import): Pressed =>
    before.complete ? [200, { ...before, state: 'finished', forced }] : [422, before];
const mend = (before: Import): Pressed => [200, { ...before, mended: 1 }];
const take = (before: Import): Pressed => [200, { ...before, complete: true }];
/** A chunk that is in gets its first answer, whatever the state. */
const known = (before: Import): Pressed => (before.complete ? stays(before) : refused(before));

/** The table of docs/import.md, with force, mend and a chunk: what each button does when it is pressed alone. */
const TABLE: Record<ImportState, Record<Action, (before: Import) => Pressed>> = {
  running: {
    resume: stays,
    pause: become('paused'),
    cancel: become('cancelled'),
    finish: finish(false),
    force: finish(true),
    mend,
    chunk: take,
  },
  paused: {
    resume: become('running'),
    pause: stays,
    cancel: become('cancelled'),
    finish: refused,
    force: refused,
    mend,
    chunk: known,
  },
  cancelled: {
    resume: refused,
    pause: refused,
    cancel: stays,
    finish: refused,
    force: refused,
    mend: refused,
    chunk: known,
  },
  finished: { resume: refused, pause: refused, cancel: refused, finish: stays, force: stays, mend, chunk: known },
};

const press = (before: Import, action: Action): Pressed => TABLE[before.state][action](before);

function request(path: string, method: string, body?: { type: string; text: string }): Promise<Response> {
  return stack().fetchImporter(path, {
    method,
    ...(body && { headers: { 'content-type': body.type }, body: body.text }),
  });
}
const json = (value: object) => ({ type: 'application/json', text: JSON.stringify(value) });
const edn = (text: string) => ({ type: 'application/edn', text });

class RealImport {
  readonly #id: string;
  readonly #fingerprint: string;
  readonly #lines = newHistory();

  constructor(id: string, fingerprint: string) {
    this.#id = id;
    this.#fingerprint = fingerprint;
  }

  static async open(): Promise<RealImport> {
    const fingerprint = randomBytes(32).toString('hex');
    const opening = json({ fingerprint, file_name: 'race.edn', total_bytes: 1 });
    const { import_id } = (await (await request('/v1/imports', 'POST', opening)).json()) as ImportStatus;
    const opened = new RealImport(import_id, fingerprint);
    const lines = opened.#lines.slice(0, FIRST_LINES).map((line, i) => (i === REJECTED - 1 ? `${line}]` : line));
    expect((await opened.#chunk(1, lines)).status).toBe(200);
    return opened;
  }

  #chunk(first: number, lines: readonly string[]): Promise<Response> {
    const query = `first_line=${first}&fingerprint=${this.#fingerprint}`;
    return request(`/v1/imports/${this.#id}/chunks?${query}`, 'POST', edn(`${lines.join('\n')}\n`));
  }

  async press(action: Action): Promise<number> {
    const path = `/v1/imports/${this.#id}`;
    const presses: Record<Action, () => Promise<Response>> = {
      resume: () => request(`${path}/resume`, 'POST'),
      pause: () => request(`${path}/pause`, 'POST', json({ reason: 'a race' })),
      cancel: () => request(`${path}/cancel`, 'POST'),
      finish: () => request(`${path}/finish`, 'POST'),
      force: () => request(`${path}/finish`, 'POST', json({ force: 'a race' })),
      mend: () => request(`${path}/rejects/${REJECTED}`, 'PUT', edn(this.#lines[REJECTED - 1] ?? '')),
      chunk: () => this.#chunk(FIRST_LINES + 1, this.#lines.slice(FIRST_LINES)),
    };
    const answer = await presses[action]();
    await answer.arrayBuffer();
    return answer.status;
  }

  /** Brings it to a state, alone. */
  async bringTo(state: ImportState, complete: boolean): Promise<Import> {
    if (complete) await this.press('chunk');
    const buttons: Record<ImportState, Action | null> = {
      running: null,
      paused: 'pause',
      cancelled: 'cancel',
      finished: 'finish',
    };
    const button = buttons[state];
    if (button !== null) await this.press(button);
    const found = await this.now();
    expect(found).toEqual({ state, complete, mended: 0, forced: false });
    return found;
  }

  async now(): Promise<Import> {
    const status = (await (await request(`/v1/imports/${this.#id}`, 'GET')).json()) as ImportStatus;
    const complete = status.lines === LINES;
    // No effect is lost or done twice: rows, counters and chunks are those of the lines that are in.
    const rows = (complete ? ROWS : FIRST_LINES - 1) - 1;
    expect(status).toMatchObject({ chunks: complete ? 2 : 1, rows, inserted: rows, rejects: 1, conflicts: 0 });
    const log = await stack().database.query('select count(*)::integer as n from event_log where import_id = $1', [
      this.#id,
    ]);
    expect(log.rows).toEqual([{ n: rows + status.mended }]);
    expect((status.forced_by === null) === (status.forced_reason === null)).toBe(true);
    return { state: status.state, complete, mended: status.mended, forced: status.forced_by !== null };
  }
}

const pairs = ACTIONS.flatMap((first, i) => ACTIONS.slice(i).map((second) => [first, second] as const));

describe.each(Object.keys(TABLE) as ImportState[])('%s, two operators at once', (state) => {
  test.concurrent.each(pairs)(
    'press %s and %s: one of the two was first, and both are answered so',
    async (first, second) => {
      // Without its last chunk nothing is finished; what neither ends nor completes it does not ask.
      const asks = [first, second].some((action) => ['finish', 'force', 'chunk'].includes(action));
      for (const complete of state !== 'finished' && asks ? [true, false] : [true]) {
        const real = await RealImport.open();
        const before = await real.bringTo(state, complete);
        const found = await Promise.all([real.press(first), real.press(second)]);
        const after = await real.now();
        const inTurn = serially(before, first, second);
        const inReverse = serially(before, second, first);
        const orders = [inTurn, { ...inReverse, answers: inReverse.answers.toReversed() }];
        expect(orders).toContainEqual({ answers: found, after });
      }
    },
  );
});

function serially(before: Import, first: Action, second: Action) {
  const [a, between] = press(before, first);
  const [b, after] = press(between, second);
  return { answers: [a, b], after };
}
