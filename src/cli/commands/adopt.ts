import { EXIT } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { openOperatorDatabase } from '../operator-database.ts';
import { databaseUrl } from '../settings.ts';

export const adoptCommand: Command = {
  usage: 'adopt',
  summary: 'after a restore from a dump, let the change feed and the rollups go on; harmless otherwise',
  details: [
    'Postgres numbers transactions anew in another cluster. Events numbered ahead of it would not be given out until it has counted so far.',
    'Writes wait meanwhile. Take the direct connection string, as the owner.',
  ],
  options: {},
  arguments: [0, 0],
  async run(_args, _options, { env, out }) {
    const database = await openOperatorDatabase(databaseUrl(env));
    try {
      const { rows } = await database.query<{ events: string }>('select adopt_log() as events');
      const events = Number(rows[0]?.events);
      out(events === 0 ? 'Nothing to do: the log is of this cluster.' : `${events} events go on from here.`);
      return EXIT.done;
    } finally {
      await database.end();
    }
  },
};
