import { useQuery } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import { useState, useSyncExternalStore } from 'react';
import { ApiError } from '../api.ts';
import { docOf, type StoredRecord } from '../data/operations.ts';
import { useLoadedTypes } from '../data/use-loaded-types.ts';
import { useStore } from '../data/use-records.ts';
import { formatInstant } from '../records/format-value.ts';
import { recordTitle } from '../records/record-title.ts';
import { typeAppearance } from '../records/type-appearance.ts';
import { typeFacts } from '../records/type-facts.ts';
import { withLabels } from '../records/with-labels.ts';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { failureText } from '../shell/failure-text.ts';
import { Notice } from '../shell/notice.tsx';
import { Skeleton } from '../shell/skeleton.tsx';
import { showToast } from '../shell/toasts.ts';
import { localDay } from '../time/local-day.ts';
import { useTimeZone } from '../time/use-time-zone.ts';
import { changedFields } from './changed-fields.ts';
import { type Draft, EditForm } from './edit-form.tsx';
import { LeaveQuestion } from './leave-question.tsx';
import { RecordHistory } from './record-history.tsx';
import { SheetHeader } from './sheet-header.tsx';

interface EditRecordProps {
  readonly id: string;
  /** Asks first when something was changed. */
  readonly close: () => void;
  readonly finish: () => void;
}

/** One record: its form, and its history. */
export function EditRecord({ id, close, finish }: EditRecordProps) {
  const { data, moment } = useRouteContext({ from: '/app' });
  const store = useStore();
  const time_zone = useTimeZone();
  const [tab, setTab] = useState<'edit' | 'history'>('edit');
  const [draft, setDraft] = useState<Draft | null>(null);
  const known = useSyncExternalStore(store.subscribe, () => store.get(id));
  const query = useQuery({
    queryKey: ['record', id, moment],
    queryFn: () => store.fetch(id),
    // An edit starts from what the server has now; a record that only this device has cannot be asked for.
    enabled: known === null || data.outbox.waitingFor(id).length === 0,
    staleTime: 0,
    retry: false,
  });
  // An edit outlives the record: somebody else may have deleted it meanwhile.
  const record = known ?? draft?.from ?? null;
  const type = typeFacts(record?.entity_type ?? '');
  useLoadedTypes(type.fields.flatMap((field) => field.target ?? []));

  if (record === null || (query.isPending && query.isEnabled)) {
    const is_gone = query.error instanceof ApiError && query.error.status === 404;
    if (query.isPending && record === null) return <SheetSkeleton />;
    if (record === null || is_gone) {
      return (
        <div className="sheet-gone">
          <div className="sheet-close-row">
            <button type="button" className="icon-button" aria-label="Close" onClick={close}>
              ×
            </button>
          </div>
          {is_gone || query.error === null ? (
            <>
              <Notice title="This record is gone">
                It has been deleted. Its history is kept; any version can come back.
              </Notice>
              <RecordHistory id={id} />
            </>
          ) : (
            <FailureNotice error={query.error} retry={() => query.refetch()} />
          )}
        </div>
      );
    }
  }
  if (record === null) return null;

  const today = localDay(Date.now(), time_zone);
  const title = recordTitle(withLabels(record, store));
  const { one } = typeAppearance(record.entity_type);
  return (
    <>
      <SheetHeader
        entity_type={record.entity_type}
        title={title}
        note={`${title === one ? '' : `${one} · `}changed ${formatInstant(record.updated_at, { store, time_zone, today })}`}
        close={close}
      />
      <div className="tabs" role="tablist" aria-label="Record">
        {(['edit', 'history'] as const).map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`tab-${each}`}
            aria-selected={tab === each}
            aria-controls="tab-panel"
            tabIndex={tab === each ? 0 : -1}
            onClick={() => setTab(each)}
            onKeyDown={(event) => {
              if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
              const other = tab === 'edit' ? 'history' : 'edit';
              setTab(other);
              document.getElementById(`tab-${other}`)?.focus();
            }}
          >
            {each === 'edit' ? 'Record' : 'History'}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`}>
        {tab === 'history' ? (
          <RecordHistory id={id} />
        ) : query.isFetching && query.isPending ? (
          <FormSkeleton />
        ) : (
          <EditForm
            record={record}
            draft={draft}
            setDraft={setDraft}
            time_zone={time_zone}
            finish={finish}
            remove={() => remove(record)}
          />
        )}
      </div>
      <LeaveQuestion is_changed={draft !== null && changedFields(docOf(draft.from), draft.values).length > 0} />
    </>
  );

  async function remove(gone: StoredRecord): Promise<void> {
    const operation = { op: 'delete', id: gone.id, entity_type: gone.entity_type } as const;
    finish();
    try {
      await data.write(`Delete ${title}`, [operation], `“${title}” deleted.`);
    } catch (error) {
      showToast({ text: failureText(error) });
    }
  }
}

function SheetSkeleton() {
  return (
    <div role="status" aria-label="Loading the record">
      <div className="sheet-header">
        <Skeleton width="2.25rem" height="2.25rem" />
        <div className="sheet-title">
          <Skeleton width="12rem" height="1.5rem" />
          <Skeleton width="8rem" />
        </div>
      </div>
      <FormSkeleton />
    </div>
  );
}

function FormSkeleton() {
  return (
    <div className="record-form">
      {['a', 'b', 'c', 'd'].map((key) => (
        <div className="form-field" key={key}>
          <Skeleton width="5rem" />
          <Skeleton width="100%" height="2.5rem" />
        </div>
      ))}
    </div>
  );
}
