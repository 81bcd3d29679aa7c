import { useInfiniteQuery } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import { useState } from 'react';
import type { Transaction, Version } from '../api.ts';
import { useStore } from '../data/use-records.ts';
import { fieldName } from '../records/field-name.ts';
import { formatInstant, formatValue, type ValueContext } from '../records/format-value.ts';
import { SILENT_FIELDS } from '../records/silent-fields.ts';
import { typeFacts } from '../records/type-facts.ts';
import { WrittenBy } from '../records/written-by.tsx';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { failureText } from '../shell/failure-text.ts';
import { Skeleton } from '../shell/skeleton.tsx';
import { showToast } from '../shell/toasts.ts';
import { localDay } from '../time/local-day.ts';
import { useTimeZone } from '../time/use-time-zone.ts';
import { changedFields, type FieldChange } from './changed-fields.ts';

/** At first, and with each press for more. */
const SHOWN_VERSIONS = 20;

/** Every version of a record, newest first, as what changed from the one before, by whom and when. */
export function RecordHistory({ id }: { id: string }) {
  const { api, data, queries, moment } = useRouteContext({ from: '/app' });
  const store = useStore();
  const time_zone = useTimeZone();
  const [shown, setShown] = useState(SHOWN_VERSIONS);
  const context: ValueContext = { store, time_zone, today: localDay(Date.now(), time_zone) };
  const history = useInfiniteQuery({
    queryKey: ['history', id],
    queryFn: ({ pageParam, signal }) => api.history(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });
  if (history.data === undefined) {
    if (history.isError) return <FailureNotice error={history.error} retry={() => history.refetch()} />;
    return (
      <div className="history" role="status" aria-label="Loading the history">
        <Skeleton width="100%" height="5rem" />
        <Skeleton width="100%" height="5rem" />
      </div>
    );
  }

  const versions = history.data.pages.flatMap((page) => page.versions);
  // What a version changed is known when the one before it is.
  const told = history.hasNextPage ? versions.length - 1 : versions.length;
  const current = store.get(id);

  function showMore(): void {
    setShown(shown + SHOWN_VERSIONS);
    if (shown + SHOWN_VERSIONS > told && history.hasNextPage) void history.fetchNextPage();
  }

  async function run(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      showToast({ text: failureText(error) });
    }
    await queries.invalidateQueries({ queryKey: ['history', id] });
    await queries.invalidateQueries({ queryKey: ['record', id] });
  }

  function restore(version: Version): Promise<void> {
    const { doc, entity_type } = version;
    if (doc === null) return Promise.resolve();
    const type = entity_type ?? current?.entity_type ?? '';
    const operation = { op: 'restore', id, entity_type: type, version: version.version, doc } as const;
    return run(() => data.write('Restore a version', [operation], 'That version is back.'));
  }

  function undo(transaction: Transaction): Promise<void> {
    return run(async () => {
      await data.undo(transaction);
      showToast({ text: 'That change is undone.' });
    });
  }

  return (
    <>
      <ol className="history" aria-label="Versions, newest first">
        {versions.slice(0, Math.min(shown, told)).map((version, i) => (
          <VersionItem
            key={`${version.version} ${version.valid_time}`}
            version={version}
            before={versions[i + 1] ?? null}
            is_current={i === 0}
            is_gone={current === null}
            is_read_only={moment !== null}
            context={context}
            restore={restore}
            undo={undo}
          />
        ))}
      </ol>
      {(told > shown || history.hasNextPage) && (
        <button type="button" className="button" disabled={history.isFetchingNextPage} onClick={showMore}>
          {history.isFetchingNextPage ? 'Loading…' : 'Older versions'}
        </button>
      )}
    </>
  );
}

interface VersionItemProps {
  readonly version: Version;
  readonly before: Version | null;
  readonly is_current: boolean;
  /** The record is deleted now. */
  readonly is_gone: boolean;
  readonly is_read_only: boolean;
  readonly context: ValueContext;
  readonly restore: (version: Version) => Promise<void>;
  readonly undo: (transaction: Transaction) => Promise<void>;
}

function VersionItem(props: VersionItemProps) {
  const { version, before, is_current, context } = props;
  const [is_busy, setBusy] = useState(false);
  const { transaction } = version;
  const type = typeFacts(version.entity_type ?? before?.entity_type ?? '');
  const is_first = before === null || before.doc === null;
  const changes = changedFields(before?.doc ?? null, version.doc).filter((change) => !SILENT_FIELDS.has(change.name));
  const back_dated = version.valid_time.slice(0, 19) !== version.tx_time.slice(0, 19);
  const run = (action: Promise<void>): void => {
    setBusy(true);
    void action.finally(() => setBusy(false));
  };

  const kind =
    version.doc === null ? 'Deleted' : before === null ? 'Created' : before.doc === null ? 'Restored' : 'Changed';
  return (
    <li className="version" data-kind={kind}>
      <div className="version-head">
        <span className="version-kind">{kind}</span>
        <span className="version-when">
          <time dateTime={version.tx_time}>{formatInstant(version.tx_time, context)}</time>{' '}
          <WrittenBy transaction={transaction} />
          {back_dated && <> · in force from {formatInstant(version.valid_time, context)}</>}
        </span>
      </div>
      {version.doc !== null && (
        <dl className="diff">
          {changes.map((change) => (
            <DiffLine key={change.name} change={change} type_name={type.name} context={context} is_first={is_first} />
          ))}
          {changes.length === 0 && <p className="version-same">Saved again without a change.</p>}
        </dl>
      )}
      <div className="version-actions" hidden={props.is_read_only}>
        {version.doc !== null && (!is_current || props.is_gone) && (
          <button type="button" className="link-button" disabled={is_busy} onClick={() => run(props.restore(version))}>
            Restore this version
          </button>
        )}
        {is_current && !is_first && transaction !== null && (
          <button type="button" className="link-button" disabled={is_busy} onClick={() => run(props.undo(transaction))}>
            Undo this change{transaction.events > 1 && `, with the ${transaction.events - 1} made with it`}
          </button>
        )}
      </div>
    </li>
  );
}

function DiffLine(props: { change: FieldChange; type_name: string; context: ValueContext; is_first: boolean }) {
  const { change, context } = props;
  const field = typeFacts(props.type_name).fields.find((each) => each.name === change.name);
  const words = (value: FieldChange['after']): string =>
    formatValue(value, field ?? { kind: 'text', unit: null }, context);
  return (
    <div className="diff-line">
      <dt>{field === undefined ? change.name : fieldName(field)}</dt>
      <dd>
        {!props.is_first && change.before !== undefined && (
          <del>
            <span className="visually-hidden">was </span>
            {words(change.before)}
          </del>
        )}
        {change.after !== undefined ? (
          <ins>
            <span className="visually-hidden">{props.is_first ? '' : 'is now '}</span>
            {words(change.after)}
          </ins>
        ) : (
          <span className="diff-none">removed</span>
        )}
      </dd>
    </div>
  );
}
