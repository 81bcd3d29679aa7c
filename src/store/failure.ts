/**
 * What can go wrong, as a value, until one renderer (src/api/render-failure.ts, or the CLI) makes words of it.
 * `details` and `hint` are null when there is nothing to add; no field ever holds a secret.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly details: unknown;
  readonly hint: string | null;

  constructor(code: FailureCode, message: string, { details = null, hint = null, cause }: FailureOptions = {}) {
    super(message, { cause });
    this.name = 'Failure';
    this.code = code;
    this.details = details;
    this.hint = hint;
  }
}

interface FailureOptions {
  readonly details?: unknown;
  readonly hint?: string | null;
  readonly cause?: unknown;
}

/**
 * Every code and the HTTP status it is answered with. The SQL functions raise these same codes as SQLSTATEs.
 * docs/errors.md says what each means to a client.
 */
export const FAILURE_STATUS = {
  AN400: 400,
  AN401: 401,
  AN403: 403,
  AN404: 404,
  AN405: 405,
  AN409: 409,
  AN410: 410,
  AN412: 412,
  AN413: 413,
  AN415: 415,
  AN422: 422,
  AN500: 500,
  AN503: 503,
  AN504: 504,
} as const;

export type FailureCode = keyof typeof FAILURE_STATUS;

/** Whether an SQLSTATE, or any other code, is one of ours. */
export function isFailureCode(code: string | undefined): code is FailureCode {
  return code !== undefined && Object.hasOwn(FAILURE_STATUS, code);
}
