/** An answer that will be the same however often one asks: the service's own code, words and hint. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;

  constructor(status: number, code: string, message: string, hint: string | null) {
    super(message);
    this.name = 'ApiFailure';
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** What a Worker's answer of this status says, whoever wrote it: what stands before a Worker may answer with a page. */
export function apiFailureOf(status: number, text: string): ApiFailure {
  try {
    const { code, message, hint } = JSON.parse(text) as { code: string; message: string; hint: string | null };
    return new ApiFailure(status, code, message, hint);
  } catch {
    return new ApiFailure(status, `HTTP ${status}`, 'the service gives no answer of its own', null);
  }
}
