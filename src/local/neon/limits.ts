/** Neon's code default for request and response bodies; its production is documented as 64 MB. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** What Neon's pooler leaves to its smallest compute, and a Postgres as it comes can give. */
const MAX_CONNECTIONS = 90;

export interface NeonLimits {
  /** Longest body of `POST /sql`; a longer one is answered with 413. */
  request_bytes: number;
  /** Checked before each row on the whole answer so far; past it the answer is a 507. */
  response_bytes: number;
  /** To Postgres, for requests over HTTP, of all users and databases; past it requests wait their turn. */
  connections: number;
}

export const DEFAULT_LIMITS: NeonLimits = {
  request_bytes: MAX_BODY_BYTES,
  response_bytes: MAX_BODY_BYTES,
  connections: MAX_CONNECTIONS,
};
