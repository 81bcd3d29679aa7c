import type { Dashboard } from '../../api.ts';
import type { ChartCardProps } from '../../charts/chart-card.tsx';
import { weekOption } from '../../charts/chart-option.ts';
import type { Compared } from './compared.ts';

const WEEKDAYS = ['', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** When in the week records are made; of the period before in a chart of its own, of the same scale. */
export function weekCharts({ now, before }: Compared): ChartCardProps[] {
  const earlier = before?.data.hours ?? [];
  const most = Math.max(1, ...[...now.hours, ...earlier].map(({ records }) => records));
  const chart = (title: string, hours: Dashboard['hours']): ChartCardProps[] =>
    hours.length === 0
      ? []
      : [
          {
            title,
            option: weekOption(hours, most),
            table: {
              columns: ['Weekday', 'Hour', 'Records'],
              rows: hours.map(({ weekday, hour, records }) => [WEEKDAYS[weekday] ?? '', hour, records]),
            },
          },
        ];
  return [...chart('The week by hour', now.hours), ...chart('The week by hour, before', earlier)];
}
