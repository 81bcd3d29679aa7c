import type { Tripwire } from '../../analytics/tripwires.ts';
import { askApi } from '../ask-api.ts';
import { EXIT } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { apiService } from '../settings.ts';
import { table } from '../table.ts';

export const tripwiresCommand: Command = {
  usage: 'tripwires [--json]',
  summary: 'show every limit of the design, where it stands, and its trend',
  details: ['Exits with 3 when one has tripped.'],
  options: { json: { type: 'boolean' } },
  arguments: [0, 0],
  async run(_args, options, context) {
    const api = { ...apiService(context.env), signal: context.signal };
    const { tripwires } = await askApi<{ tripwires: Tripwire[] }>(api, '/v1/ops/tripwires');
    if (options.json === true) for (const tripwire of tripwires) context.out(JSON.stringify(tripwire));
    else context.out(table([['tripwire', 'value', 'limit', 'a day', 'since', 'state', ''], ...tripwires.map(row)]));
    return tripwires.some(({ tripped }) => tripped) ? EXIT.findings : EXIT.done;
  },
};

const row = ({ name, value, limit, trend_per_day, since, tripped, detail }: Tripwire) => [
  name,
  rounded(value),
  rounded(limit),
  trend_per_day === null ? '–' : rounded(trend_per_day),
  since.slice(0, 16),
  tripped ? 'TRIPPED' : 'ok',
  detail ?? '',
];

const rounded = (value: number): number => Math.round(value * 100) / 100;
