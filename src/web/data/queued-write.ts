import type { ErrorBody } from '../api.ts';
import type { Operation } from './operations.ts';

/** A write that the server has not answered yet, or has refused. Kept on the device, so that it outlives the page. */
export interface QueuedWrite {
  /** Its Idempotency-Key. */
  readonly key: string;
  /** Its place in the order of writes: milliseconds since 1970, and more than the one before. */
  readonly order: number;
  /** What it does, in words: `Edit Morning walk`. */
  readonly title: string;
  readonly operations: readonly Operation[];
  /** Why the server does not take it; null while it waits. */
  readonly refusal: Refusal | null;
}

export interface Refusal extends ErrorBody {
  readonly status: number;
}
