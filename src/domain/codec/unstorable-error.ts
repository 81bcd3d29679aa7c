/** A document that the store cannot hold although it is well formed; the message says why, as a predicate. */
export class UnstorableError extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'UnstorableError';
  }
}
