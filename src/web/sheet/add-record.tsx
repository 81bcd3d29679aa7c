import { useRouteContext } from '@tanstack/react-router';
import { useState } from 'react';
import { useLoadedTypes } from '../data/use-loaded-types.ts';
import { useStore } from '../data/use-records.ts';
import { type FormValues, newValues, sameAsLast } from '../forms/form-values.ts';
import { RecordForm } from '../forms/record-form.tsx';
import { rememberUse } from '../records/recent-uses.ts';
import { typeAppearance } from '../records/type-appearance.ts';
import { isKnownType, typeFacts } from '../records/type-facts.ts';
import { Notice } from '../shell/notice.tsx';
import { useTimeZone } from '../time/use-time-zone.ts';
import { refusedFields } from './refused-fields.ts';
import { SheetHeader } from './sheet-header.tsx';

/** The form of a new record. */
export function AddRecord(props: { type_name: string; parent: string | null; close: () => void }) {
  const { data } = useRouteContext({ from: '/app' });
  const store = useStore();
  const time_zone = useTimeZone();
  const type = typeFacts(props.type_name);
  const { one } = typeAppearance(type.name);
  useLoadedTypes([type.name]);
  const [id] = useState(() => crypto.randomUUID());
  const [values, setValues] = useState<FormValues>(() =>
    newValues(type, {
      now: `${new Date().toISOString().slice(0, 19)}Z`,
      time_zone,
      parent: props.parent === null ? null : store.get(props.parent),
      store,
    }),
  );

  function change(next: FormValues): void {
    setValues({ ...sameAsLast(type, next, store), ...next });
  }

  async function save(): Promise<ReadonlyMap<string, string>> {
    try {
      const operation = { op: 'put', id, entity_type: type.name, doc: values, expected_version: null } as const;
      await data.write(`Add ${one}`, [operation], `${one} added.`);
      rememberUse(type.name, props.parent);
      props.close();
      return new Map();
    } catch (error) {
      const refused = refusedFields(error);
      if (refused === null) throw error;
      return refused;
    }
  }

  if (!isKnownType(props.type_name)) {
    return <Notice title="There is no such type">The address may be mistyped.</Notice>;
  }
  return (
    <>
      <SheetHeader
        entity_type={type.name}
        title={`New ${one.toLowerCase()}`}
        note={
          type.timer_parent === null ? (
            <span className="key-hint">Ctrl + Enter saves.</span>
          ) : (
            'Leave the end empty to start a timer.'
          )
        }
        close={props.close}
      />
      <RecordForm
        type={type}
        values={values}
        change={change}
        time_zone={time_zone}
        save={save}
        save_name="Add"
        takes_focus
        actions={
          <button type="button" className="button" onClick={props.close}>
            Cancel
          </button>
        }
      />
    </>
  );
}
