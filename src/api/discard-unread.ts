/** Several times what is taken; more than that is not worth a connection. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * A Worker's `fetch` that afterwards reads what is unread of the request's body. Else the runtime closes the connection after a
 * refusal without saying so: a client that is still sending never sees the refusal, one that keeps the connection loses its next request.
 */
export function discardUnread<Arguments extends [request: Request, ...rest: unknown[]]>(
  fetch: (...all: Arguments) => Response | Promise<Response>,
): (...all: Arguments) => Promise<Response> {
  return async (...all) => {
    const answer = await fetch(...all);
    const [{ body, bodyUsed, headers }] = all;
    if (body !== null && !bodyUsed && !body.locked && Number(headers.get('content-length') ?? MAX_BYTES) < MAX_BYTES) {
      // A body that breaks off leaves nobody to answer.
      await body.pipeTo(new WritableStream()).catch(() => {});
    }
    return answer;
  };
}
