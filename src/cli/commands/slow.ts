import type { SlowQueries } from '../../store/slow-queries.ts';
import { askApi } from '../ask-api.ts';
import { EXIT } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { apiService } from '../settings.ts';
import { shownMs } from '../shown-ms.ts';
import { table } from '../table.ts';

export const slowCommand: Command = {
  usage: 'slow [NAME] [--hours N] [--json]',
  summary: 'show the calls to the database and which were slow; with NAME: the plan of a slow one',
  details: [
    'Durations are as the Worker saw them, the way there and back included; a call is slow over SLOW_CALL_MS.',
    'The plan is the generic one, as the application’s role gets it: the statement is planned, not run.',
  ],
  options: { hours: { type: 'string' }, json: { type: 'boolean' } },
  arguments: [0, 1],
  async run([name], options, context) {
    const api = { ...apiService(context.env), signal: context.signal };
    if (name !== undefined) {
      const { plan } = await askApi<{ plan: string[] }>(api, `/v1/ops/slow-queries/${encodeURIComponent(name)}/plan`);
      context.out(plan.join('\n'));
      return EXIT.done;
    }
    const hours = typeof options.hours === 'string' ? `?hours=${encodeURIComponent(options.hours)}` : '';
    const answer = await askApi<SlowQueries>(api, `/v1/ops/slow-queries${hours}`);
    if (options.json === true) context.out(JSON.stringify(answer));
    else context.out(text(answer));
    return EXIT.done;
  },
};

function text({ calls, slow, statements }: SlowQueries): string {
  const parts = [
    table([
      ['call', 'calls', 'slow', 'failed', 'mean ms', 'p50 <', 'p99 <', 'max ms'],
      ...calls.map((c) => [
        c.name,
        c.calls,
        c.slow,
        c.failed,
        shownMs(c.mean_ms),
        shownMs(c.p50_ms),
        shownMs(c.p99_ms),
        shownMs(c.max_ms),
      ]),
    ]),
  ];
  if (slow.length > 0) {
    const rows = slow.map((s) => [s.at.slice(0, 19), s.name, shownMs(s.duration_ms), s.rows ?? 'failed']);
    parts.push(table([['at', 'slow call', 'ms', 'rows'], ...rows]));
  }
  if (statements !== null) {
    const rows = statements.map((s) => [
      s.calls,
      shownMs(s.mean_ms),
      shownMs(s.total_ms),
      s.query.replaceAll(/\s+/g, ' ').slice(0, 80),
    ]);
    parts.push(table([['calls', 'mean ms', 'total ms', 'pg_stat_statements'], ...rows]));
  }
  return parts.join('\n\n');
}
