import type { RunningWorkers } from './run-workers.ts';
import type { Stoppable } from './shutdown.ts';

const MINUTE_MS = 60_000;

/** Fires the API Worker's `scheduled` handler each minute, as the platform's cron does; a tick that fails is told and the next one comes. */
export function startCron(workers: RunningWorkers): Stoppable & { now(): Promise<void> } {
  let running: Promise<void> | null = null;
  const fire = (): Promise<void> => {
    running ??= workers
      .tick(new Date())
      .catch((error: unknown) => console.error('cron:', error instanceof Error ? error.message : error))
      .finally(() => {
        running = null;
      });
    return running;
  };
  const timer = setInterval(fire, MINUTE_MS);
  return {
    now: fire,
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
