import type { CrashableStack } from '../crashable-stack.ts';
import type { Told } from './client.ts';

/** A column of the matrix: something that a fault may interrupt, done by a user of its own. */
export interface Operation {
  /** Whether a statement is the one to strike at. */
  readonly isStruck: (query: string) => boolean;
  /** A table that it needs from there on and nobody else does: held, it waits there. */
  readonly held: string;
  /** Whether a full disk stops it, whatever free room its pages have. */
  readonly needsRoom: boolean;
  /** Whether it asks again by itself until it is through, so that a fault is not told. */
  readonly isPersistent: boolean;
  /** Whether it says by its words why it failed, as a command does, which asks Postgres past the endpoint. */
  readonly repeatsWords: boolean;
  /** Makes ready what it needs and says how to do it, and what must be so once it was done. */
  begin(stack: CrashableStack, user: string): Promise<Attempt>;
  /** Who is refused is told so clearly, with the next move. */
  expectClear(told: Told): void;
}

export interface Attempt {
  /** Of the entities that it writes, where these are known before. */
  readonly ids: readonly string[];
  /** Does it, or does it again. */
  run(signal: AbortSignal): Promise<Told>;
  /** SIGKILL of the process that does it. */
  kill(): Promise<void>;
  /** What was acknowledged is there once, and whole. */
  check(): Promise<void>;
  /** Nothing of it, or all of it. */
  checkNotHalf(): Promise<void>;
}
