import { DurableObject } from 'cloudflare:workers';
import { addMeasurements, type Measurements, noMeasurements } from './measurements.ts';
import { type Look, MARK_STANDS_AT_MOST_MS, type Settled, type Signal, type Taken } from './signal.ts';

/** Writes that no Worker made (psql, a migration) signal nothing: the database is looked at this often even so. */
const LOOK_AFTER_MS = 24 * 3_600_000;
/** A visit to the database that takes longer has failed, and what it took is handed out again. */
const VISIT_ENDS_AFTER_MS = 60_000;

/** The last visit; when it has arrived there is nothing left of it. */
interface Visit extends Taken {
  readonly ends_ms: number;
}

/**
 * Knows, without the database, whether the cron has anything to do: writers mark it after their commit, a tick settles it.
 * One object for the whole service, named `refresh`. A new one, or one that lost its memory, says that everything is due.
 * It also collects what isolates measured, so that nothing is written to the database for a measurement's sake alone.
 */
export class RefreshSignal extends DurableObject implements Signal {
  /** Since the last look: another mark would say nothing new, and a write to storage for each write of a record is too much. */
  #isMarked = false;
  /** Until then there may be writes that send no mark, as one of before stands for them. */
  #marksStandUntil_ms = 0;

  async mark(): Promise<void> {
    this.#marksStandUntil_ms = Date.now() + MARK_STANDS_AT_MOST_MS;
    if (!this.#isMarked) await this.#advance();
  }

  async look(now_ms: number): Promise<Look> {
    const generation = await this.#generation();
    const settled = await this.ctx.storage.get<Settled>('settled');
    const is_due =
      settled === undefined ||
      settled.generation !== generation ||
      (settled.next_due_ms !== null && settled.next_due_ms <= now_ms) ||
      settled.at_ms + LOOK_AFTER_MS <= now_ms;
    this.#isMarked = false;
    // A write that comes after this look and sends no mark is for the next one to find.
    if (Date.now() < this.#marksStandUntil_ms) await this.#advance();
    return { generation, is_due };
  }

  async settle(settled: Settled): Promise<void> {
    await this.ctx.storage.put('settled', settled);
  }

  async measure(measured: Measurements): Promise<void> {
    const kept = (await this.ctx.storage.get<Measurements>('measured')) ?? noMeasurements();
    await this.ctx.storage.put('measured', addMeasurements(kept, measured));
  }

  async take(now_ms: number): Promise<Taken> {
    const before = await this.ctx.storage.get<Visit>('taken');
    // What another visit has on its way would be counted twice. Ids begin at 1: to drop this is to drop nothing.
    if (before !== undefined && now_ms < before.ends_ms) return { id: 0, measured: noMeasurements() };
    const measured = (await this.ctx.storage.get<Measurements>('measured')) ?? noMeasurements();
    const taken: Visit = {
      id: (before?.id ?? 0) + 1,
      measured: addMeasurements(before?.measured ?? noMeasurements(), measured),
      ends_ms: now_ms + VISIT_ENDS_AFTER_MS,
    };
    await this.ctx.storage.put({ taken, measured: noMeasurements() });
    return taken;
  }

  async drop(id: number): Promise<void> {
    const taken = await this.ctx.storage.get<Visit>('taken');
    if (taken?.id !== id) return;
    const arrived: Visit = { id, measured: noMeasurements(), ends_ms: 0 };
    await this.ctx.storage.put('taken', arrived);
  }

  async #advance(): Promise<void> {
    await this.ctx.storage.put('generation', (await this.#generation()) + 1);
    this.#isMarked = true;
  }

  async #generation(): Promise<number> {
    return (await this.ctx.storage.get<number>('generation')) ?? 0;
  }
}
