import { logEvent } from '../log/log-event.ts';
import type { Measurements } from './measurements.ts';

/** What a tick learns before it asks the database anything. */
export interface Look {
  /** Which writes were signalled so far: give it back to `settle`. */
  readonly generation: number;
  /** False: nothing was written since the last tick and nothing comes due, so leave the database asleep (I11). */
  readonly is_due: boolean;
}

export interface Settled {
  readonly generation: number;
  readonly at_ms: number;
  /** When there will be something to do even if nobody writes; null for never. */
  readonly next_due_ms: number | null;
}

/** Measurements on their way to the database; `drop` them when they have arrived. */
export interface Taken {
  readonly id: number;
  readonly measured: Measurements;
}

/** What is asked of the Durable Object RefreshSignal, by this Worker or the other. */
export interface Signal {
  /** Something was written, or may have been. */
  mark(): Promise<void>;
  look(now_ms: number): Promise<Look>;
  /** All that was signalled up to this generation is refreshed; a write that came meanwhile keeps the next tick due. */
  settle(settled: Settled): Promise<void>;
  measure(measured: Measurements): Promise<void>;
  /** All measurements that have not arrived yet, those of a visit that failed included; none while another visit has them. */
  take(now_ms: number): Promise<Taken>;
  drop(id: number): Promise<void>;
}

/** The binding of the class, as wrangler.toml and run-workers.ts declare it. */
export interface SignalBinding {
  getByName(name: string): Signal;
}

/** The one object that the whole service shares. */
export const signalOf = (binding: SignalBinding): Signal => binding.getByName('refresh');

/** So long an isolate's mark stands for its further writes: one for each of them would take a seventh of a write's time at the edge. */
const MARK_STANDS_MS = 250;
/** The same as the object counts it: longer, as a Worker's clock moves at I/O alone. */
export const MARK_STANDS_AT_MOST_MS = 2 * MARK_STANDS_MS;

/** This isolate's mark. */
let standsUntil_ms = 0;

/** Whether what was written until now is marked already. */
export const isMarked = (): boolean => Date.now() < standsUntil_ms;

/**
 * Tells the cron that something was written, or may have been. A signal that is lost costs freshness of the rollups until the
 * next write or the daily look; answers are right even so.
 */
export async function markWritten(binding: SignalBinding): Promise<void> {
  const sent_ms = Date.now();
  await orLog(async () => {
    await signalOf(binding).mark();
    standsUntil_ms = sent_ms + MARK_STANDS_MS;
  });
}

/** Hands over what this isolate counted; what cannot be handed over is lost. */
export async function handOver(binding: SignalBinding, measured: Measurements): Promise<void> {
  await orLog(() => signalOf(binding).measure(measured));
}

async function orLog(call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    logEvent({ event: 'signal_failed', message: error instanceof Error ? error.message : String(error) });
  }
}
