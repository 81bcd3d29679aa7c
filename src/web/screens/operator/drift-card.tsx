import { useQuery } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Skeleton } from '../../shell/skeleton.tsx';
import { NumbersTable } from './numbers-table.tsx';
import { useInstantInWords } from './use-instant-in-words.ts';

/** Days of the analytics that were not what the records say, and were set right: there should be none. */
export function DriftCard() {
  const { api } = useRouteContext({ from: '/app' });
  const instantInWords = useInstantInWords();
  const drifts = useQuery({ queryKey: ['ops', 'drifts'], queryFn: ({ signal }) => api.drifts(signal) });
  return (
    <section className="card chart-card" aria-labelledby="drift-heading">
      <h2 id="drift-heading">Drift</h2>
      {drifts.data === undefined ? (
        drifts.isError ? (
          <FailureNotice error={drifts.error} retry={() => drifts.refetch()} />
        ) : (
          <Skeleton width="100%" height="4rem" />
        )
      ) : drifts.data.length === 0 ? (
        <p className="card-empty">None: whatever the daily check computed anew was what the analytics hold.</p>
      ) : (
        <NumbersTable
          label="Days that drifted"
          columns={['Found', 'What', 'Type', 'Day', 'Rows held', 'Rows right']}
          rows={drifts.data.map((drift) => [
            instantInWords(drift.found_at),
            drift.name,
            drift.entity_type,
            drift.day,
            drift.stored.length,
            drift.expected.length,
          ])}
        />
      )}
    </section>
  );
}
