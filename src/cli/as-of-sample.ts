import type { LineValue } from '../domain/codec/history-digest.ts';
import { epochMicros } from '../domain/time/epoch-micros.ts';

/** What a version is, in short. */
interface SampledRow {
  readonly valid_time: string;
  readonly tx_time: string;
  readonly tx: bigint;
  /** The doc's canonical EDN. */
  readonly doc: string;
}

/** An as-of question with the file's own answer. */
export interface AsOfQuestion {
  readonly eid: string;
  readonly entity_id: string;
  readonly valid_time: string;
  readonly tx_time: string;
  /** Canonical EDN; `nil` is none. */
  readonly doc: string;
}

const MAX_ROWS_OF_ENTITY = 2_000;
const QUESTIONS_AN_ENTITY = 5;
const JITTER_MS = 86_400_000;
/** The store knows no earlier time. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00Z');

/** Keeps the rows of some entities of a file, each as likely as any other (reservoir sampling), whose rows stand together. */
export class AsOfSample {
  readonly #entities: number;
  readonly #random: () => number;
  readonly #kept: { eid: string; entity_id: string; rows: SampledRow[] }[] = [];
  #seen = 0;
  #entity: string | null = null;
  #current: SampledRow[] | null = null;

  /** @param random from 0 to under 1 */
  constructor(entities: number, random: () => number) {
    this.#entities = entities;
    this.#random = random;
  }

  add(line: LineValue): void {
    if (line.kind !== 'row') return;
    if (line.entity_id !== this.#entity) this.#begin(line);
    const { valid_time, tx_time, tx, doc } = line;
    // Cloned, since a part of a string keeps the whole of it in memory: here all that was read of the file at once.
    if (this.#current !== null && this.#current.length < MAX_ROWS_OF_ENTITY)
      this.#current.push(structuredClone({ valid_time, tx_time, tx, doc }));
  }

  #begin(line: LineValue): void {
    this.#entity = line.entity_id;
    this.#seen++;
    const place = this.#kept.length < this.#entities ? this.#kept.length : Math.floor(this.#random() * this.#seen);
    this.#current = place < this.#entities ? [] : null;
    if (this.#current !== null)
      this.#kept[place] = {
        ...structuredClone({ eid: line.eid, entity_id: line.entity_id }),
        rows: this.#current,
      };
  }

  questions(): AsOfQuestion[] {
    return this.#kept
      .filter((entity) => entity.rows.length < MAX_ROWS_OF_ENTITY)
      .flatMap((entity) => Array.from({ length: QUESTIONS_AN_ENTITY }, () => this.#question(entity)));
  }

  #question({ eid, entity_id, rows }: { eid: string; entity_id: string; rows: SampledRow[] }): AsOfQuestion {
    const valid_time = this.#near(this.#pick(rows).valid_time);
    const tx_time = this.#near(this.#pick(rows).tx_time);
    return { eid, entity_id, valid_time, tx_time, doc: versionAt(rows, valid_time, tx_time) };
  }

  #pick(rows: readonly SampledRow[]): SampledRow {
    const row = rows[Math.floor(this.#random() * rows.length)];
    if (row === undefined) throw new Error('an entity without rows');
    return row;
  }

  /** Exactly then, or up to a day before or after. */
  #near(iso: string): string {
    if (this.#random() < 0.5) return iso;
    const shift_ms = Math.round((this.#random() * 2 - 1) * JITTER_MS);
    return new Date(Math.max(FIRST_MS, Date.parse(iso) + shift_ms)).toISOString();
  }
}

/** XTDB's rule R1, in as few words as possible: it must not share a mistake with the store. */
function versionAt(rows: readonly SampledRow[], validTime: string, txTime: string): string {
  let best: SampledRow | null = null;
  for (const row of rows) {
    if (epochMicros(row.valid_time) > epochMicros(validTime) || epochMicros(row.tx_time) > epochMicros(txTime))
      continue;
    const later = best === null || epochMicros(row.valid_time) > epochMicros(best.valid_time);
    if (later || (best !== null && epochMicros(row.valid_time) === epochMicros(best.valid_time) && row.tx > best.tx))
      best = row;
  }
  return best?.doc ?? 'nil';
}
