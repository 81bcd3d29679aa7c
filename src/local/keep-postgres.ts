import { type PostgresOptions, type RunningPostgres, startPostgres } from './postgres.ts';

/** More crashes than this within one run have a cause that starting again does not cure. */
const MAX_RESTARTS = 10;

/** A Postgres that is started again, on the same port, when it dies without being asked to. */
export async function keepPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const first = await startPostgres(options);
  let current = first;
  let stopping = false;
  let restarting: Promise<void> = Promise.resolve();
  const watch = (postgres: RunningPostgres, restarts: number): void => {
    void postgres.exited.then((lastWords) => {
      if (stopping) return;
      if (restarts >= MAX_RESTARTS) {
        console.error(`Postgres died ${restarts + 1} times and stays down. It said last: ${lastWords}`);
        return;
      }
      console.error('Postgres died and is started again; what was committed is kept.');
      restarting = startPostgres({ ...options, port: first.port }).then(
        (next) => {
          current = next;
          watch(next, restarts + 1);
        },
        (error: unknown) => console.error(error instanceof Error ? error.message : error),
      );
    });
  };
  watch(first, 0);
  return {
    ...first,
    async stop() {
      stopping = true;
      await restarting;
      await current.stop();
    },
  };
}
