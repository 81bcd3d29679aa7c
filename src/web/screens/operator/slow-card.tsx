import { useQuery } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import { useState } from 'react';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Skeleton } from '../../shell/skeleton.tsx';
import { NumbersTable } from './numbers-table.tsx';
import { useInstantInWords } from './use-instant-in-words.ts';

const SHOWN_ROWS = 20;

/** The calls to the database of a day, the single ones that were slow, and how Postgres would run them. */
export function SlowCard() {
  const { api } = useRouteContext({ from: '/app' });
  const instantInWords = useInstantInWords();
  const slow = useQuery({ queryKey: ['ops', 'slow'], queryFn: ({ signal }) => api.slowQueries(signal) });
  const slow_names = [...new Set(slow.data?.slow.map(({ name }) => name))];
  return (
    <section className="card chart-card" aria-labelledby="slow-heading">
      <h2 id="slow-heading">Calls to the database, 24 hours</h2>
      {slow.data === undefined ? (
        slow.isError ? (
          <FailureNotice error={slow.error} retry={() => slow.refetch()} />
        ) : (
          <Skeleton width="100%" height="12rem" />
        )
      ) : slow.data.calls.length === 0 ? (
        <p className="card-empty">None in this time.</p>
      ) : (
        <NumbersTable
          label="Calls to the database"
          columns={['Call', 'Calls', 'Slow', 'Failed', 'p50 ms', 'p99 ms']}
          rows={slow.data.calls.map((call) => [
            call.name,
            call.calls,
            call.slow,
            call.failed,
            call.p50_ms,
            call.p99_ms,
          ])}
        />
      )}
      {slow.data !== undefined && slow.data.slow.length > 0 && (
        <details className="chart-table">
          <summary>Single slow calls</summary>
          <NumbersTable
            label="Single slow calls"
            columns={['When', 'Call', 'ms', 'Rows']}
            rows={slow.data.slow
              .slice(0, SHOWN_ROWS)
              .map((call) => [instantInWords(call.at), call.name, call.duration_ms, call.rows])}
          />
          {slow_names.map((name) => (
            <SlowPlan key={name} name={name} />
          ))}
        </details>
      )}
    </section>
  );
}

function SlowPlan({ name }: { name: string }) {
  const { api } = useRouteContext({ from: '/app' });
  const [is_open, setOpen] = useState(false);
  const plan = useQuery({
    queryKey: ['ops', 'plan', name],
    queryFn: ({ signal }) => api.slowPlan(name, signal),
    enabled: is_open,
  });
  return (
    <details className="chart-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Plan of <code>{name}</code>
      </summary>
      {plan.isError ? (
        <FailureNotice error={plan.error} retry={() => plan.refetch()} />
      ) : plan.data === undefined ? (
        <Skeleton width="100%" height="6rem" />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
        <pre className="chart-scroll" tabIndex={0}>
          {plan.data.join('\n')}
        </pre>
      )}
    </details>
  );
}
