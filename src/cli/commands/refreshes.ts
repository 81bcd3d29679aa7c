import type { RefreshOutcome } from '../../analytics/refresh.ts';
import type { RefreshEntry } from '../../store/list-refreshes.ts';
import { askApi } from '../ask-api.ts';
import { EXIT } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { apiService } from '../settings.ts';
import { shownMs } from '../shown-ms.ts';
import { sparkline } from '../sparkline.ts';
import { table } from '../table.ts';

/** Enough for a sparkline of each name. */
const ASKED = 500;
const SPARKS = 24;

export const refreshesCommand: Command = {
  usage: 'refreshes [NAME] [--now] [--rebuild] [--json]',
  summary: 'show what the cron ran and how long it took; or refresh now, one or all',
  details: [
    'Without NAME: the last run of each analytic, with a sparkline of its durations; with NAME: its runs.',
    '--now refreshes what changed, --rebuild everything from scratch: of NAME, or of all.',
  ],
  options: { now: { type: 'boolean' }, rebuild: { type: 'boolean' }, json: { type: 'boolean' } },
  arguments: [0, 1],
  async run([name], options, context) {
    const api = { ...apiService(context.env), signal: context.signal };
    if (options.now === true || options.rebuild === true) {
      const body = { ...(name !== undefined && { names: [name] }), rebuild: options.rebuild === true };
      const { refreshes } = await askApi<{ refreshes: RefreshOutcome[] }>(api, '/v1/ops/refreshes', body);
      if (options.json === true) for (const outcome of refreshes) context.out(JSON.stringify(outcome));
      else context.out(table([['name', 'mode', 'ms', 'rows', 'error'], ...refreshes.map(outcomeRow)]));
      return refreshes.some(({ error }) => error !== null) ? EXIT.findings : EXIT.done;
    }
    const query = name === undefined ? '' : `&name=${encodeURIComponent(name)}`;
    const { refreshes } = await askApi<{ refreshes: RefreshEntry[] }>(api, `/v1/ops/refreshes?limit=${ASKED}${query}`);
    if (options.json === true) for (const entry of refreshes) context.out(JSON.stringify(entry));
    else if (refreshes.length === 0) context.out('Nothing was refreshed yet.');
    else context.out(name === undefined ? summary(refreshes) : table([HEAD, ...refreshes.map(entryRow)]));
    return EXIT.done;
  },
};

const HEAD = ['started', 'mode', 'status', 'ms', 'events', 'buckets', 'rows', 'lag ms', 'error'];

const outcomeRow = ({ name, mode, duration_ms, rows, error }: RefreshOutcome) => [
  name,
  mode,
  shownMs(duration_ms),
  rows ?? '–',
  error ?? '',
];

const entryRow = (entry: RefreshEntry) => [
  entry.started_at.slice(0, 19),
  entry.mode ?? '–',
  entry.status,
  shownMs(entry.duration_ms),
  entry.events ?? '–',
  entry.buckets ?? '–',
  entry.rows ?? '–',
  shownMs(entry.lag_before_ms),
  entry.error ?? '',
];

/** A line a name, its newest run, and how its durations went, oldest first. */
function summary(refreshes: readonly RefreshEntry[]): string {
  const names = [...new Set(refreshes.map(({ name }) => name))].sort();
  const rows = names.map((name) => {
    const runs = refreshes.filter((entry) => entry.name === name);
    const durations = runs.flatMap(({ duration_ms }) => (duration_ms === null ? [] : [duration_ms]));
    const [last] = runs;
    return [
      name,
      last?.started_at.slice(0, 19) ?? '–',
      last?.mode ?? '–',
      last?.status ?? '–',
      shownMs(last?.duration_ms ?? null),
      sparkline(durations.slice(0, SPARKS).reverse()),
    ];
  });
  return table([['name', 'last started', 'mode', 'status', 'ms', 'durations'], ...rows]);
}
