import { useRouteContext } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError } from '../api.ts';
import { docOf, type StoredRecord } from '../data/operations.ts';
import { useStore } from '../data/use-records.ts';
import { type FormValues, patchOf, withField } from '../forms/form-values.ts';
import { RecordForm } from '../forms/record-form.tsx';
import { recordTitle } from '../records/record-title.ts';
import { typeFacts } from '../records/type-facts.ts';
import { withLabels } from '../records/with-labels.ts';
import { ConflictChoice } from './conflict-choice.tsx';
import { saveForm } from './save-form.ts';

/** What somebody has made of a record and not saved. */
export interface Draft {
  /** The record as it was when the edit began, whatever comes in meanwhile: that is what a conflict is measured by. */
  readonly from: StoredRecord;
  /** Keys of the writes of it that waited then, and that it was shown with. */
  readonly on_top_of: readonly string[];
  readonly values: FormValues;
}

interface EditFormProps {
  readonly record: StoredRecord;
  /** Null: nothing was changed yet, and the form shows the record as it is. */
  readonly draft: Draft | null;
  readonly setDraft: (next: (before: Draft | null) => Draft) => void;
  readonly time_zone: string;
  /** Closes the sheet, the edit being saved or dropped. */
  readonly finish: () => void;
  readonly remove: () => void;
}

/** An edit of a record: only what was changed is written, and only over the version that it was made from. */
export function EditForm({ record, draft, setDraft, time_zone, finish, remove }: EditFormProps) {
  const { data, moment } = useRouteContext({ from: '/app' });
  const store = useStore();
  const type = typeFacts(record.entity_type);
  const begun: Draft = { from: record, on_top_of: data.outbox.waitingFor(record.id), values: docOf(record) };
  const edit = draft ?? begun;
  const { from, values } = edit;
  /** The record as somebody else has left it meanwhile; null when it is gone. */
  const [theirs, setTheirs] = useState<{ readonly record: StoredRecord | null } | null>(null);

  async function save(
    edit: Draft,
    operation = patchOf(edit.from, edit.values, edit.on_top_of),
  ): Promise<ReadonlyMap<string, string>> {
    const title = recordTitle(withLabels(record, store));
    try {
      return await saveForm(async () => {
        if (operation !== null) await data.write(`Edit ${title}`, [operation], 'Saved.');
      }, finish);
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 412 && error.status !== 404)) throw error;
      const now = await currentRecord();
      setDraft(() => edit);
      setTheirs({ record: now });
      return new Map();
    }
  }

  function bringBack(merged: FormValues): Promise<ReadonlyMap<string, string>> {
    const deleted = { id: record.id, entity_type: type.name, expected_version: null } as const;
    return save(edit, { ...deleted, op: 'put', doc: merged });
  }

  async function currentRecord(): Promise<StoredRecord | null> {
    try {
      return await store.fetch(record.id);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  if (theirs !== null) {
    const now = theirs.record;
    return (
      <ConflictChoice
        key={now?.version}
        type={type}
        base={docOf(from)}
        mine={values}
        theirs={now === null ? null : docOf(now)}
        time_zone={time_zone}
        keep={(merged) => (now === null ? bringBack(merged) : save({ from: now, on_top_of: [], values: merged }))}
        goBack={() => setTheirs(null)}
        drop={finish}
      />
    );
  }
  return (
    <RecordForm
      // Inputs keep what is typed into them: a record that has changed gets new ones.
      key={from.version}
      type={type}
      values={values}
      change={(field, next) =>
        setDraft((before) => {
          const edited = before ?? begun;
          return { ...edited, values: withField(edited.values, field, next) };
        })
      }
      time_zone={time_zone}
      save={() => save(edit)}
      save_name="Save"
      takes_focus={false}
      is_read_only={moment !== null}
      actions={
        <>
          <button type="button" className="button" onClick={finish}>
            Cancel
          </button>
          <button type="button" className="button button-danger" onClick={remove}>
            Delete
          </button>
        </>
      }
    />
  );
}
