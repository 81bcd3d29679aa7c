/** When a request passed its stages, in milliseconds of `performance.now()`. A Worker's clock moves at I/O alone. */
export interface Stages {
  readonly began: number;
  /** The token was verified. */
  authenticated: number | null;
  /** The first question to the database. */
  asked: number | null;
  database_ms: number;
  database_calls: number;
}

/** Of a request that begins now. */
export const startStages = (): Stages => ({
  began: performance.now(),
  authenticated: null,
  asked: null,
  database_ms: 0,
  database_calls: 0,
});
