import { buildWeb } from '../src/local/build-web.ts';

/** Vitest global setup: the web client is built once for the run, not by each test file that needs it. */
export default async function buildWebClient(): Promise<void> {
  await buildWeb();
}
