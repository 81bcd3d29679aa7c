/** There was no answer at all: of the service, or of who signs people in. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(cause: unknown) {
    super('The service cannot be reached. Check the connection.', { cause });
  }
}

/**
 * `fetch`, which tells a lost network from a mistake of ours: both are a TypeError.
 * @throws Unreachable; the signal's reason when it aborts
 */
export async function reach(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(input, init);
  } catch (error) {
    throw error instanceof TypeError ? new Unreachable(error) : error;
  }
}
