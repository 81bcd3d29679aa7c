import { useRouteContext } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError } from '../api.ts';
import { type Doc, docOf, type StoredRecord } from '../data/operations.ts';
import { useStore } from '../data/use-records.ts';
import { type FormValues, patchOf } from '../forms/form-values.ts';
import { RecordForm } from '../forms/record-form.tsx';
import { recordTitle } from '../records/record-title.ts';
import { typeFacts } from '../records/type-facts.ts';
import { withLabels } from '../records/with-labels.ts';
import { ConflictChoice } from './conflict-choice.tsx';
import { refusedFields } from './refused-fields.ts';

interface EditFormProps {
  readonly record: StoredRecord;
  readonly time_zone: string;
  readonly close: () => void;
  readonly remove: () => void;
}

/** An edit of a record: only what was changed is written, and only over the version that it was made from. */
export function EditForm({ record, time_zone, close, remove }: EditFormProps) {
  const { data, moment } = useRouteContext({ from: '/app' });
  const store = useStore();
  const type = typeFacts(record.entity_type);
  // What the edit started from stays as it was, whatever comes in meanwhile: that is what a conflict is measured by.
  const [base, setBase] = useState<{ readonly doc: Doc; readonly version: number }>(() => ({
    doc: docOf(record),
    version: record.version,
  }));
  const [values, setValues] = useState<FormValues>(base.doc);
  /** The record as somebody else has left it meanwhile; null when it is gone. */
  const [theirs, setTheirs] = useState<{ readonly record: StoredRecord | null } | null>(null);

  async function save(from: Doc, version: number, wanted: FormValues): Promise<ReadonlyMap<string, string>> {
    const operation = patchOf(record, from, wanted, version);
    if (operation.op === 'patch' && Object.keys(operation.set).length + operation.unset.length === 0) {
      close();
      return new Map();
    }
    try {
      const title = recordTitle(withLabels(record, store));
      await data.write(`Edit ${title}`, [operation], 'Saved.');
      close();
      return new Map();
    } catch (error) {
      if (error instanceof ApiError && (error.status === 412 || error.status === 404)) {
        setTheirs({ record: await currentRecord() });
        return new Map();
      }
      const refused = refusedFields(error);
      if (refused === null) throw error;
      return refused;
    }
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
    return (
      <ConflictChoice
        type={type}
        base={base.doc}
        mine={values}
        theirs={theirs.record === null ? null : docOf(theirs.record)}
        time_zone={time_zone}
        keep={async (merged) => {
          const now = theirs.record;
          setTheirs(null);
          setValues(merged);
          if (now === null) {
            const operation = { op: 'put', id: record.id, entity_type: type.name, doc: merged } as const;
            await data.write('Bring back a deleted record', [operation], 'Saved.');
            close();
            return;
          }
          setBase({ doc: docOf(now), version: now.version });
          await save(docOf(now), now.version, merged);
        }}
        goBack={() => setTheirs(null)}
        drop={close}
      />
    );
  }
  return (
    <RecordForm
      type={type}
      values={values}
      change={setValues}
      time_zone={time_zone}
      save={() => save(base.doc, base.version, values)}
      save_name="Save"
      takes_focus={false}
      is_read_only={moment !== null}
      actions={
        <>
          <button type="button" className="button" onClick={close}>
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
