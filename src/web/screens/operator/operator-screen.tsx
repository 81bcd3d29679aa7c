import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import { failureText } from '../../shell/failure-text.ts';
import { Skeleton } from '../../shell/skeleton.tsx';
import { showToast } from '../../shell/toasts.ts';
import { DriftCard } from './drift-card.tsx';
import { OperatorFailure } from './operator-failure.tsx';
import { OperatorHeader } from './operator-header.tsx';
import { RefreshesCard } from './refreshes-card.tsx';
import { RoutesCards } from './routes-cards.tsx';
import { SlowCard } from './slow-card.tsx';
import { TripwiresCard } from './tripwires-card.tsx';

/** What the operator watches: refreshes, tripwires, slow calls, and how fast the routes answer. */
export function OperatorScreen() {
  const { api } = useRouteContext({ from: '/app' });
  const queries = useQueryClient();
  const refreshes = useQuery({ queryKey: ['ops', 'refreshes'], queryFn: ({ signal }) => api.refreshes(signal) });
  const refreshNow = useMutation({
    mutationFn: () => api.refreshNow(),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['ops'] }),
    onError: (error) => showToast({ text: failureText(error) }),
  });
  const action = refreshes.isSuccess && (
    <button
      type="button"
      className="button button-primary"
      disabled={refreshNow.isPending}
      onClick={() => refreshNow.mutate()}
    >
      {refreshNow.isPending ? 'Refreshing…' : 'Refresh now'}
    </button>
  );
  return (
    <>
      <title>Operator · Annals</title>
      <OperatorHeader action={action} />
      {refreshes.data === undefined ? (
        refreshes.isError ? (
          <OperatorFailure error={refreshes.error} retry={() => refreshes.refetch()} />
        ) : (
          <div className="charts" role="status" aria-label="Loading">
            <div className="card chart-card">
              <Skeleton width="8rem" />
              <Skeleton width="100%" height="220px" />
            </div>
          </div>
        )
      ) : (
        <div className="charts">
          <TripwiresCard />
          <RefreshesCard refreshes={refreshes.data} />
          <RoutesCards />
          <SlowCard />
          <DriftCard />
        </div>
      )}
    </>
  );
}
