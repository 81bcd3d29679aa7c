import { EXIT } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { openOperatorDatabase } from '../operator-database.ts';
import { ProgressBar } from '../progress-bar.ts';
import { rewriteLog } from '../rewrite-log.ts';
import { databaseUrl } from '../settings.ts';

export const partitionCommand: Command = {
  usage: 'partition [--undo | --give-up]',
  summary: 'bring the event log into one partition a month, while writes go on; or back',
  details: [
    'Started again after a kill or Ctrl-C it goes on where it stopped. Needs room for a second log until it ends.',
    '--undo makes one table of the months; --give-up drops a copy that was begun, and leaves the log as it is.',
    'It helps to look after a large log, and costs every read that looks at the past: docs/playbook.md has the figures.',
  ],
  options: { undo: { type: 'boolean' }, 'give-up': { type: 'boolean' } },
  arguments: [0, 0],
  async run(_args, options, { env, out, err, is_terminal, signal }) {
    const database = await openOperatorDatabase(databaseUrl(env));
    const bar = new ProgressBar(err, is_terminal);
    try {
      if (options['give-up'] === true) {
        await database.query('select log_rewrite_end()');
        out('The log is as it is; nothing is under way.');
        return EXIT.done;
      }
      const digest = await rewriteLog({
        database,
        monthly: options.undo !== true,
        onRows: (done, total) => bar.show({ what: 'copying', done, total, rows: done, note: null }),
        signal,
      });
      bar.clear();
      const shape = options.undo === true ? 'one table' : 'one partition a month';
      const proof = digest === '' ? '' : ` Rows and digest: ${digest}`;
      out(digest === null ? `The log is ${shape} already.` : `The log is ${shape}.${proof}`);
      return EXIT.done;
    } finally {
      bar.clear();
      await database.end();
    }
  },
};
