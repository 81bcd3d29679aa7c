import type { TestProject } from 'vitest/node';
import { type BundledWorkers, bundleWorkers } from '../src/local/bundle-workers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    workers: BundledWorkers;
  }
}

/** Vitest global setup: the Workers are bundled once for the run, not by each of sixty test files (1.2 s of a core each). */
export default async function provideWorkers(project: TestProject): Promise<void> {
  const provide = async () => project.provide('workers', await bundleWorkers());
  await provide();
  project.onTestsRerun(provide);
}
