import type { Dashboard } from '../../api.ts';
import { lengthOf, type Period } from './periods.ts';

interface FiguresProps {
  readonly now: Dashboard;
  readonly period: Period;
  readonly before: { readonly period: Period; readonly data: Dashboard } | null;
}

interface Totals {
  readonly records: number;
  readonly hours: number;
  readonly active_days: number;
}

/** The sums of a period, and how they compare. */
export function Figures({ now, period, before }: FiguresProps) {
  const totals = totalsOf(now);
  const earlier = before === null ? null : totalsOf(before.data);
  const days = lengthOf(period);
  const share = Math.round((totals.active_days / days) * 100);
  return (
    <dl className="summary">
      <Figure name="Records" value={totals.records} earlier={earlier?.records ?? null} note={null} />
      {(totals.hours > 0 || (earlier?.hours ?? 0) > 0) && (
        <Figure name="Hours" value={totals.hours} earlier={earlier?.hours ?? null} note={null} />
      )}
      <Figure
        name="Days"
        value={totals.active_days}
        earlier={earlier?.active_days ?? null}
        note={`${share}% of ${days}`}
      />
      <Figure
        name="A day with any"
        value={onAverage(totals)}
        earlier={earlier === null ? null : onAverage(earlier)}
        note="records on average"
      />
    </dl>
  );
}

function totalsOf({ days }: Dashboard): Totals {
  return {
    records: days.reduce((sum, day) => sum + day.records, 0),
    hours: Math.round(days.reduce((sum, day) => sum + day.minutes, 0) / 60),
    active_days: days.filter((day) => day.records > 0).length,
  };
}

/** Records of a day that has any. */
function onAverage({ records, active_days }: Totals): number {
  return active_days === 0 ? 0 : Math.round((records / active_days) * 10) / 10;
}

function Figure(props: { name: string; value: number; earlier: number | null; note: string | null }) {
  const { name, value, earlier } = props;
  const change = earlier === null || earlier === 0 ? null : Math.round(((value - earlier) / earlier) * 100);
  return (
    <div className="card summary-item">
      <dt>{name}</dt>
      <dd>
        <span className="summary-value">{value.toLocaleString('en')}</span>
        <span className="summary-note">
          {change === null
            ? (props.note ?? (earlier === null ? '' : 'none before'))
            : `${change > 0 ? '+' : ''}${change}% against ${earlier?.toLocaleString('en')}`}
        </span>
      </dd>
    </div>
  );
}
