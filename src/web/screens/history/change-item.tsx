import { useRouteContext } from '@tanstack/react-router';
import { useState } from 'react';
import type { LoggedVersion, Transaction } from '../../api.ts';
import { useStore } from '../../data/use-records.ts';
import { fieldName, inWords } from '../../records/field-name.ts';
import { RecordLink } from '../../records/record-link.tsx';
import { recordTitle } from '../../records/record-title.ts';
import { SILENT_FIELDS } from '../../records/silent-fields.ts';
import { typeAppearance } from '../../records/type-appearance.ts';
import { typeFacts } from '../../records/type-facts.ts';
import { TypeIcon } from '../../records/type-icon.tsx';
import { withLabels } from '../../records/with-labels.ts';
import { WrittenBy } from '../../records/written-by.tsx';
import { failureText } from '../../shell/failure-text.ts';
import { showToast } from '../../shell/toasts.ts';
import { localTime } from '../../time/local-day.ts';
import type { Change } from './changes-of.ts';

/** Of one change; a bulk edit may have a thousand. */
const SHOWN_VERSIONS = 5;
const NAMED_FIELDS = 4;

/** One change: when, by whom, why, what it did to which records, and the way back. */
export function ChangeItem(props: { change: Change; time_zone: string; is_read_only: boolean }) {
  const { versions, transaction } = props.change;
  const { data, queries } = useRouteContext({ from: '/app' });
  const [is_busy, setBusy] = useState(false);
  const [shown, setShown] = useState(SHOWN_VERSIONS);
  const tx_time = versions[0]?.tx_time ?? '';

  async function undo(transaction: Transaction): Promise<void> {
    setBusy(true);
    try {
      await data.undo(transaction);
      showToast({ text: 'That change is undone.' });
    } catch (error) {
      showToast({ text: failureText(error) });
    }
    await queries.invalidateQueries({ queryKey: ['history'] });
    setBusy(false);
  }

  return (
    <li className="card change">
      <div className="change-head">
        <p>
          <time dateTime={tx_time}>{localTime(Date.parse(tx_time), props.time_zone)}</time>{' '}
          <span className="settings-note">
            <WrittenBy transaction={transaction} />
          </span>
        </p>
        {transaction !== null && !props.is_read_only && (
          <button type="button" className="link-button" disabled={is_busy} onClick={() => undo(transaction)}>
            Undo
          </button>
        )}
      </div>
      <ul>
        {versions.slice(0, shown).map((version) => (
          <ChangedRecord key={version.version} version={version} />
        ))}
      </ul>
      {versions.length > shown && (
        <button type="button" className="link-button" onClick={() => setShown(versions.length)}>
          And {versions.length - shown} more
        </button>
      )}
    </li>
  );
}

function ChangedRecord({ version }: { version: LoggedVersion }) {
  const store = useStore();
  const { id, doc } = version;
  const entity_type = version.entity_type ?? store.get(id)?.entity_type ?? '';
  const fields = typeFacts(entity_type).fields;
  const changed = version.changed
    .filter((name) => !SILENT_FIELDS.has(name))
    .map((name) => {
      const field = fields.find((each) => each.name === name);
      return field === undefined ? name : fieldName(field);
    });
  const more = changed.length - NAMED_FIELDS;
  const is_new = doc !== null && Object.keys(doc).every((name) => version.changed.includes(name));
  const what =
    doc === null || (version.changed.includes('deleted_at') && typeof doc.deleted_at === 'string')
      ? 'deleted'
      : is_new
        ? 'added'
        : changed.length === 0
          ? 'saved again without a change'
          : `changed: ${changed.slice(0, NAMED_FIELDS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const title = titleOf(version, entity_type, store);
  const { one } = typeAppearance(entity_type);
  return (
    <li className="change-record">
      <TypeIcon entity_type={entity_type} />
      <span className="record-text">
        <RecordLink id={id} className="quiet-link">
          {title}
        </RecordLink>
        <span className="record-about">{title === one ? inWords(what) : `${one} ${what}`}</span>
      </span>
    </li>
  );
}

/** As the version says it, or for a delete as the record is known here. */
function titleOf(version: LoggedVersion, entity_type: string, store: ReturnType<typeof useStore>): string {
  const { id, doc, version: number, tx_time } = version;
  const known = store.get(id);
  if (doc === null) return known === null ? typeAppearance(entity_type).one : recordTitle(withLabels(known, store));
  const record = {
    ...doc,
    id,
    entity_type,
    user_id: '',
    version: number,
    occurred_at: tx_time,
    occurred_until: tx_time,
    created_at: tx_time,
    updated_at: tx_time,
    deleted_at: null,
  };
  return recordTitle(withLabels(record, store));
}
