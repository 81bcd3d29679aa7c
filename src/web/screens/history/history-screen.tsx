import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useRouteContext, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { instantOf } from '../../../domain/time/zoned-time.ts';
import type { HistoryQuery, LoggedVersion } from '../../api.ts';
import { useLoadedTypes } from '../../data/use-loaded-types.ts';
import { typeFacts } from '../../records/type-facts.ts';
import { TypeOptions } from '../../records/type-options.tsx';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Notice } from '../../shell/notice.tsx';
import { Skeleton } from '../../shell/skeleton.tsx';
import { addDays, dayHeading, localDay } from '../../time/local-day.ts';
import { useTimeZone } from '../../time/use-time-zone.ts';
import { ChangeItem } from './change-item.tsx';
import { type Change, changesOf } from './changes-of.ts';

const RANGES = [
  [1, 'Today'],
  [7, '7 days'],
  [30, '30 days'],
] as const;

/** What changed over all records, when, by whom and why, the newest first. */
export function HistoryScreen() {
  const { api, moment } = useRouteContext({ from: '/app' });
  const { type, days } = useSearch({ from: '/app/history' });
  const navigate = useNavigate({ from: '/history' });
  const time_zone = useTimeZone();
  const now_ms = moment === null ? Date.now() : Date.parse(moment);
  const today = localDay(now_ms, time_zone);
  const since = days === undefined ? undefined : instantOf(`${addDays(today, 1 - days)}T00:00`, time_zone);
  const history = useInfiniteQuery({
    queryKey: ['history', 'all', type, since, moment],
    queryFn: ({ pageParam, signal }) => {
      const query: HistoryQuery = {
        ...(type !== undefined && { entity_type: type }),
        ...(since !== undefined && { since }),
        ...(moment !== null && { until: moment }),
        ...(pageParam !== null && { after: pageParam }),
      };
      return api.allHistory(query, signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  const changes = useMemo(() => changesOf(history.data?.pages.flatMap((page) => page.versions) ?? []), [history.data]);
  useLoadedTypes(useMemo(() => typesOf(changes), [changes]));
  const by_day = Map.groupBy(changes, ({ versions }) => localDay(Date.parse(versions[0]?.tx_time ?? ''), time_zone));

  return (
    <>
      <title>History · Annals</title>
      <header className="screen-header">
        <h1>History</h1>
        <p>What changed, when, by whom and why. Nothing is ever lost.</p>
      </header>
      <div className="controls">
        <label className="field">
          <span>Type</span>
          <select
            value={type ?? ''}
            onChange={(event) => navigate({ search: (last) => ({ ...last, type: event.target.value || undefined }) })}
          >
            <option value="">Everything</option>
            <TypeOptions />
          </select>
        </label>
        <fieldset className="segments">
          <legend className="visually-hidden">Range</legend>
          {[...RANGES, [undefined, 'All time'] as const].map(([length, name]) => (
            <label key={name}>
              <input
                type="radio"
                name="history-range"
                checked={days === length}
                onChange={() => navigate({ search: (last) => ({ ...last, days: length }) })}
              />
              <span>{name}</span>
            </label>
          ))}
        </fieldset>
      </div>
      {history.data === undefined ? (
        history.isError ? (
          <FailureNotice error={history.error} retry={() => history.refetch()} />
        ) : (
          <div className="change-list" role="status" aria-label="Loading the history">
            {['a', 'b', 'c', 'd'].map((key) => (
              <div className="card" key={key}>
                <Skeleton width="14rem" />
                <Skeleton width="100%" height="2.5rem" />
              </div>
            ))}
          </div>
        )
      ) : changes.length === 0 ? (
        <Notice title="Nothing changed in this time">
          Whatever you add, edit or delete is told here, and can be taken back. Choose a longer range to look further
          back.
        </Notice>
      ) : (
        <div className="change-days" aria-busy={history.isPlaceholderData}>
          {[...by_day].map(([day, each]) => (
            <section key={day} aria-labelledby={`day-${day}`}>
              <h2 id={`day-${day}`}>{dayHeading(day, today)}</h2>
              <ol className="change-list">
                {each.map((change) => (
                  <ChangeItem key={change.key} change={change} time_zone={time_zone} is_read_only={moment !== null} />
                ))}
              </ol>
            </section>
          ))}
          {history.hasNextPage && (
            <button
              type="button"
              className="button"
              disabled={history.isFetchingNextPage}
              onClick={() => history.fetchNextPage()}
            >
              {history.isFetchingNextPage ? 'Loading…' : 'Older changes'}
            </button>
          )}
        </div>
      )}
    </>
  );
}

function typesOf(changes: readonly Change[]): string[] {
  const versions: LoggedVersion[] = changes.flatMap((change) => change.versions);
  const types = new Set(versions.flatMap(({ entity_type }) => entity_type ?? []));
  // A record may be called by what it is about.
  for (const type of [...types])
    for (const { target } of typeFacts(type).fields) if (target !== null) types.add(target);
  return [...types].sort();
}
