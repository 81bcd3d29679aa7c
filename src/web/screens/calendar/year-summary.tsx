import { dayInWords } from '../../time/local-day.ts';
import { formatMeasure } from './measure.ts';
import type { Summary } from './summarize.ts';

export function YearSummary({ summary }: { summary: Summary }) {
  const time = summary.minutes > 0 ? formatMeasure(summary.minutes, 'minutes') : null;
  return (
    <dl className="summary">
      <Item name="Records" value={summary.records.toLocaleString('en')} note={time} />
      <Item name="Days" value={String(summary.active_days)} note="with a record" />
      <Item name="Longest streak" value={String(summary.longest_streak)} note="days in a row" />
      <Item
        name="Busiest day"
        value={summary.busiest === null ? '–' : String(summary.busiest.records)}
        note={summary.busiest === null ? null : dayInWords(summary.busiest.day, false)}
      />
    </dl>
  );
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
