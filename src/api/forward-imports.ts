import type { Handler } from 'hono';
import { Failure } from '../store/failure.ts';

/** What forwarding needs of the Worker: the import Worker, by a service binding, which costs no request over the network. */
export interface ImporterBinding {
  /** Missing where the import Worker is not deployed. */
  IMPORTER?: { fetch(request: Request): Promise<Response> };
}

/**
 * Hands a request to the import Worker as it is, so that the page can import from its own origin. Who asks, and whether as
 * an operator, is judged there.
 */
export function forwardImports(): Handler<{ Bindings: ImporterBinding }> {
  return async function forwardImports(c) {
    if (c.env.IMPORTER === undefined) {
      throw new Failure('AN503', 'This service has no import Worker.', {
        hint: 'Deploy it beside this one: docs/deploy.md says how.',
      });
    }
    const answer = await c.env.IMPORTER.fetch(c.req.raw);
    // Its headers cannot be added to, and this Worker has some of its own.
    return new Response(answer.body, answer);
  };
}
