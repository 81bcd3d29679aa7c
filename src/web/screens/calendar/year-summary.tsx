import { shortDay } from '../../time/local-day.ts';
import { formatMeasure } from './measure.ts';
import type { Summary } from './summarize.ts';

export function YearSummary({ summary }: { summary: Summary }) {
  const time = summary.minutes > 0 ? inHours(summary.minutes) : null;
  return (
    <dl className="summary">
      <Item name="Records" value={summary.records.toLocaleString('en')} note={time} />
      <Item name="Days" value={String(summary.active_days)} note="with a record" />
      <Item
        name="Longest streak"
        value={String(summary.longest_streak)}
        note={summary.longest_streak === 1 ? 'day in a row' : 'days in a row'}
      />
      <Item
        name="Busiest day"
        value={summary.busiest === null ? '–' : String(summary.busiest.records)}
        note={summary.busiest === null ? null : shortDay(summary.busiest.day, summary.busiest.day)}
      />
    </dl>
  );
}

/** A year's time in hours, as people tell it, and less than two in minutes, too. */
function inHours(minutes: number): string {
  if (minutes < 120) return formatMeasure(minutes, 'minutes');
  return `${Math.round(minutes / 60).toLocaleString('en')} hours`;
}

function Item({ name, value, note }: { name: string; value: string; note: string | null }) {
  return (
    <div className="card summary-item">
      <dt>{name}</dt>
      <dd>
        <span className="summary-value">{value}</span>
        {note !== null && <span className="summary-note">{note}</span>}
      </dd>
    </div>
  );
}
