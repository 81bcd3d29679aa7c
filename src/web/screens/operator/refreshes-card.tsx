import { useMemo, useState } from 'react';
import type { Refresh } from '../../api.ts';
import { ChartCard } from '../../charts/chart-card.tsx';
import { seriesOption } from '../../charts/chart-option.ts';
import { inWords } from '../../records/field-name.ts';
import { useInstantInWords } from './use-instant-in-words.ts';

/** Of passes, the newest. */
const MAX_SHOWN = 60;
/** Passes of one tick are milliseconds apart. */
const SECOND = '2026-01-01T00:00:00'.length;

interface Run {
  readonly started_at: string;
  readonly duration_ms: number;
}

/** How long the analytics took to bring up to date, over time: a pass as a whole, or one of its parts. */
export function RefreshesCard({ refreshes }: { refreshes: readonly Refresh[] }) {
  const instantInWords = useInstantInWords();
  const [name, setName] = useState('');
  const names = useMemo(() => [...new Set(refreshes.map((each) => each.name))].sort(), [refreshes]);
  const chart = useMemo(() => {
    const chosen = refreshes.filter((each) => name === '' || each.name === name);
    const runs = (name === '' ? passes(chosen) : chosen.flatMap(runOf)).slice(0, MAX_SHOWN).toReversed();
    return {
      option: seriesOption(
        'bar',
        runs.map(({ started_at }) => instantInWords(started_at)),
        [{ name: 'ms', values: runs.map(({ duration_ms }) => Math.round(duration_ms * 10) / 10) }],
      ),
      table: {
        columns: ['Started', 'What', 'How', 'State', 'ms', 'Events', 'Buckets', 'Rows', 'Lag before, ms', 'Error'],
        rows: chosen.map((each) => [
          instantInWords(each.started_at),
          each.name,
          each.mode,
          each.status,
          each.duration_ms,
          each.events,
          each.buckets,
          each.rows,
          each.lag_before_ms,
          each.error,
        ]),
      },
    };
  }, [refreshes, name, instantInWords]);
  if (refreshes.length === 0) {
    return (
      <section className="card" data-wide="true">
        <h2>Refreshes</h2>
        <p className="card-empty">None yet. The cron brings the analytics up to date after writes.</p>
      </section>
    );
  }
  return (
    <ChartCard
      is_wide
      title="Refreshes, ms"
      note={
        <label className="field">
          <span className="visually-hidden">Show</span>
          <select value={name} onChange={(event) => setName(event.target.value)}>
            <option value="">All in a pass</option>
            {names.map((each) => (
              <option key={each} value={each}>
                {inWords(each)}
              </option>
            ))}
          </select>
        </label>
      }
      option={chart.option}
      table={chart.table}
    />
  );
}

function runOf({ started_at, duration_ms }: Refresh): Run[] {
  return duration_ms === null ? [] : [{ started_at, duration_ms }];
}

/** What was due at the same time, from its first start to its last end: rollups share work, so durations do not add up. */
function passes(refreshes: readonly Refresh[]): Run[] {
  const finished = refreshes.filter(({ finished_at }) => finished_at !== null);
  return [...Map.groupBy(finished, ({ scheduled_for }) => scheduled_for.slice(0, SECOND)).values()].map((runs) => {
    const began_ms = Math.min(...runs.map(({ started_at }) => Date.parse(started_at)));
    const ended_ms = Math.max(...runs.map(({ finished_at }) => Date.parse(finished_at ?? '')));
    return { started_at: new Date(began_ms).toISOString(), duration_ms: ended_ms - began_ms };
  });
}
