import { EXIT } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { openOperatorDatabase } from '../operator-database.ts';
import { databaseUrl } from '../settings.ts';

export const adoptCommand: Command = {
  usage: 'adopt',
  summary: 'after a restore into another cluster or project: make its transaction ids the log’s own',
  details: [
    'Run it once, before the Workers are pointed at the restored database. Without it the change feed and the analytics do not',
    'see what was restored until the new cluster has given out as many transaction ids as the old one.',
    'A restore by Neon’s branches or point in time needs none of this.',
  ],
  options: {},
  arguments: [0, 0],
  async run(_args, _options, { env, out }) {
    const client = await openOperatorDatabase(databaseUrl(env));
    try {
      const { rows } = await client.query<{ events: string }>('select adopt_log() as events');
      out(`Adopted ${rows[0]?.events} events. The next refresh rebuilds the analytics; copies of clients begin anew.`);
    } finally {
      await client.end();
    }
    return EXIT.done;
  },
};
