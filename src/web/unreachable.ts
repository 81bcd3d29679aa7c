/** There was no answer at all: of the service, or of who signs people in. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(cause: unknown) {
    super('The service cannot be reached. Check the connection.', { cause });
  }
}

/** `fetch`, as {@link answered} tells of it. @throws as it */
export async function reach(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  return answered(fetch(input, init));
}

/**
 * Waits for an answer of the service, or for the body of one, and tells a lost network from a mistake of ours: both are a TypeError.
 * @throws Unreachable, also for a signal's timeout; else the signal's reason when it aborts
 */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const is_lost = error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
    throw is_lost ? new Unreachable(error) : error;
  }
}
