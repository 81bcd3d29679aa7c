/** A request that is refused before or without Postgres; the status is the HTTP status of the answer. */
export class RequestError extends Error {
  override name = 'RequestError';
  readonly status: number;

  constructor(status: 400 | 413 | 500 | 507, message: string) {
    super(message);
    this.status = status;
  }
}
