import type { Heatmap } from '../../api.ts';
import { dayInWords } from '../../time/local-day.ts';
import { formatMeasure } from './measure.ts';

/** The same numbers as the chart's, for those who would rather read than look. */
export function HeatmapTable(props: { heatmap: Heatmap; with_year: boolean; openDay: (day: string) => void }) {
  const { heatmap, with_year } = props;
  if (heatmap.days.length === 0) return null;
  const has_minutes = heatmap.days.some((day) => day.minutes > 0);
  return (
    <details className="card table-card">
      <summary>{with_year ? `Show ${heatmap.year} as a table` : 'Show as a table'}</summary>
      <table className="days">
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col" className="number">
              Records
            </th>
            {has_minutes && (
              <th scope="col" className="number">
                Time
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {heatmap.days.map((day) => (
            <tr key={day.day}>
              <th scope="row">
                <button type="button" className="day-button" onClick={() => props.openDay(day.day)}>
                  {dayInWords(day.day, false)}
                </button>
              </th>
              <td className="number">{day.records}</td>
              {has_minutes && (
                <td className="number">{day.minutes > 0 ? formatMeasure(day.minutes, 'minutes') : '–'}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
