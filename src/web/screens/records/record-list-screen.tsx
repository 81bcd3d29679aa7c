import { Link, useNavigate, useParams, useRouteContext, useSearch } from '@tanstack/react-router';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useLoadedTypes } from '../../data/use-loaded-types.ts';
import { useStore } from '../../data/use-records.ts';
import { typeAppearance } from '../../records/type-appearance.ts';
import { isKnownType, typeFacts } from '../../records/type-facts.ts';
import { useColumns } from '../../records/view/columns.ts';
import { type RecordView, viewRecords } from '../../records/view/record-view.ts';
import { useVisibleRecords } from '../../records/visibility.ts';
import { useSheet } from '../../sheet/use-sheet.ts';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Notice } from '../../shell/notice.tsx';
import { useTimeZone } from '../../time/use-time-zone.ts';
import { BulkBar } from './bulk-bar.tsx';
import { ColumnChoice } from './column-choice.tsx';
import { FilterBar } from './filter-bar.tsx';
import { ListSkeleton } from './list-skeleton.tsx';
import { RecordTable } from './record-table.tsx';

/** All records of a type: searched, filtered, sorted, chosen and edited. */
export function RecordListScreen() {
  const { type: type_name } = useParams({ from: '/app/records/$type' });
  // The screen's state is about one type: another type starts afresh.
  return <RecordList key={type_name} type_name={type_name} />;
}

function RecordList({ type_name }: { type_name: string }) {
  const type = typeFacts(type_name);
  const { q = '', where = [], sort = 'occurred_at', asc = false } = useSearch({ from: '/app/records/$type' });
  const navigate = useNavigate({ from: '/records/$type' });
  const { add } = useSheet();
  const store = useStore();
  const { moment } = useRouteContext({ from: '/app' });
  const time_zone = useTimeZone();
  const { records, state, error } = useVisibleRecords(type_name);
  useLoadedTypes(type.fields.flatMap((field) => field.target ?? []));
  const [columns, chooseColumns] = useColumns(type);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [typed, setTyped] = useState(q);
  const search = useDeferredValue(typed);
  const { one, many } = typeAppearance(type_name);

  useEffect(() => {
    if (search === q) return;
    void navigate({ search: (before) => ({ ...before, q: search === '' ? undefined : search }), replace: true });
  }, [search, q, navigate]);

  const view: RecordView = { search, filters: where, sort, is_descending: !asc };
  const view_key = JSON.stringify(view);
  const shown = useMemo(
    () => viewRecords(records, type, JSON.parse(view_key), store, time_zone),
    [records, type, view_key, store, time_zone],
  );

  function sortBy(field: string): void {
    void navigate({
      search: (before) => ({ ...before, sort: field, asc: field === sort ? !asc : field === 'title' }),
      replace: true,
    });
  }

  const is_narrowed = search !== '' || where.length > 0;
  const count = shown.length.toLocaleString('en');
  const add_button = moment === null && (
    <button type="button" className="button button-primary" onClick={() => add(type_name)}>
      Add {one.toLowerCase()}
    </button>
  );
  if (!isKnownType(type_name)) {
    return (
      <Notice is_page title="There is no such type" action={<Link to="/records">All types</Link>}>
        The address may be mistyped.
      </Notice>
    );
  }
  return (
    <>
      <title>{`${many} · Annals`}</title>
      <header className="screen-header screen-header-row">
        <div>
          <h1>{many}</h1>
          <p aria-live="polite">
            {state === 'absent' ? '' : `${count} ${shown.length === 1 ? 'record' : 'records'}`}
            {state === 'partial' && ' so far…'}
            {is_narrowed && state !== 'absent' && ` of ${records.length.toLocaleString('en')}`}
          </p>
        </div>
        {add_button}
      </header>
      <div className="list-controls">
        <label className="search-field">
          <span className="visually-hidden">Search {many.toLowerCase()}</span>
          <input
            type="search"
            className="input"
            placeholder="Search"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <FilterBar
          type={type}
          filters={where}
          change={(filters) =>
            navigate({ search: (before) => ({ ...before, where: filters.length === 0 ? undefined : filters }) })
          }
        />
        <ColumnChoice type={type} columns={columns} choose={chooseColumns} />
      </div>
      {error !== null && state !== 'complete' && records.length === 0 ? (
        <FailureNotice error={error} retry={() => store.load(type_name)} />
      ) : state === 'absent' || (state === 'partial' && records.length === 0) ? (
        <ListSkeleton />
      ) : shown.length === 0 ? (
        is_narrowed ? (
          <Notice
            title="Nothing fits"
            action={
              <button
                type="button"
                className="button"
                onClick={() => {
                  setTyped('');
                  void navigate({ search: ({ sort, asc }) => ({ sort, asc }) });
                }}
              >
                Clear search and filters
              </button>
            }
          >
            No record meets the search and all the filters.
          </Notice>
        ) : (
          <Notice title={`No ${many.toLowerCase()} yet`} action={add_button}>
            {type.timeline
              ? 'Each one that you add shows up here, on the timeline, and as a square in the calendar.'
              : 'Add one here, or on the spot while you fill in a record that needs it.'}
          </Notice>
        )
      ) : (
        <RecordTable
          type={type}
          records={shown}
          columns={columns}
          sort={sort}
          is_descending={!asc}
          sortBy={sortBy}
          chosen={chosen}
          choose={setChosen}
          time_zone={time_zone}
        />
      )}
      {chosen.size > 0 && moment === null && (
        <BulkBar type={type} chosen={chosen} clear={() => setChosen(new Set())} time_zone={time_zone} />
      )}
    </>
  );
}
