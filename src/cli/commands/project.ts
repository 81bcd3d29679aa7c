import { entityType } from '../../domain/entity-type.ts';
import { CliFailure, EXIT } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { openOperatorDatabase } from '../operator-database.ts';
import { ProgressBar } from '../progress-bar.ts';
import { dropProjection, projectType } from '../project-type.ts';
import { databaseUrl } from '../settings.ts';

export const projectCommand: Command = {
  usage: 'project TYPE (FIELD… | --drop)',
  summary: 'give an entity type a table with real columns, which lists that filter or sort by FIELD then use',
  details: [
    'Writes go on meanwhile. Started again after a kill it goes on where it stopped.',
    '--drop takes it away, for other FIELDs say. docs/playbook.md says what it gains.',
  ],
  options: { drop: { type: 'boolean' } },
  arguments: [1, 20],
  async run([name = '', ...indexed], options, { env, out, err, is_terminal, signal }) {
    const type = entityType(name);
    if (type === undefined) throw new CliFailure(EXIT.usage, `There is no entity type ${name}.`);
    if ((options.drop === true) === indexed.length > 0) {
      throw new CliFailure(EXIT.usage, 'Name the fields to index, or say --drop.', {
        hint: 'See: annals project --help',
      });
    }
    const database = await openOperatorDatabase(databaseUrl(env));
    const bar = new ProgressBar(err, is_terminal);
    try {
      if (options.drop === true) {
        await dropProjection(database, type, signal);
        out(`${name} has no projection.`);
        return EXIT.done;
      }
      const rows = await projectType({
        database,
        type,
        indexed,
        onRows: (done) => bar.show({ what: 'projecting', done, total: null, rows: done, note: null }),
        signal,
      });
      bar.clear();
      out(`${name} has a projection of ${rows} rows, equal to its docs. Lists use it.`);
      return EXIT.done;
    } finally {
      bar.clear();
      await database.end();
    }
  },
};
