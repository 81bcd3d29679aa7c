import { EXIT } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { migrate } from '../migrate.ts';
import { databaseUrl } from '../settings.ts';

export const migrateCommand: Command = {
  usage: 'migrate',
  summary: 'bring the database’s schema to this version; harmless when it is there already',
  details: ['On Neon take the direct connection string, not the pooled one.'],
  options: {},
  arguments: [0, 0],
  async run(_args, _options, { env, out, signal }) {
    const applied = await migrate(databaseUrl(env), signal);
    out(applied.length === 0 ? 'The schema is up to date.' : `Applied: ${applied.join(', ')}.`);
    return EXIT.done;
  },
};
