import { useRouteContext } from '@tanstack/react-router';
import { type SetStateAction, useMemo, useState } from 'react';
import type { Json } from '../../api/answer-types.ts';
import { isoSeconds } from '../../domain/time/zoned-time.ts';
import { useLoadedTypes } from '../data/use-loaded-types.ts';
import { useStore } from '../data/use-records.ts';
import { newValues, type Touched } from '../forms/form-values.ts';
import { RecordForm } from '../forms/record-form.tsx';
import { rememberUse } from '../records/recent-uses.ts';
import { typeAppearance } from '../records/type-appearance.ts';
import { isKnownType, typeFacts } from '../records/type-facts.ts';
import { Notice } from '../shell/notice.tsx';
import { useTimeZone } from '../time/use-time-zone.ts';
import { LeaveQuestion } from './leave-question.tsx';
import { saveForm } from './save-form.ts';
import { SheetHeader } from './sheet-header.tsx';

interface AddRecordProps {
  readonly type_name: string;
  readonly parent: string | null;
  /** Asks first when something was filled in. */
  readonly close: () => void;
  readonly finish: () => void;
}

/** The form of a new record. */
export function AddRecord(props: AddRecordProps) {
  const { data } = useRouteContext({ from: '/app' });
  const store = useStore();
  const time_zone = useTimeZone();
  const type = typeFacts(props.type_name);
  const { one } = typeAppearance(type.name);
  useLoadedTypes([type.name]);
  const [id] = useState(() => crypto.randomUUID());
  const [start] = useState(() => ({
    now: isoSeconds(Date.now()),
    time_zone,
    parent: props.parent === null ? null : store.get(props.parent),
    store,
  }));
  const [touched, setTouched] = useState<Touched>(new Map());
  const values = useMemo(() => newValues(type, start, touched), [type, start, touched]);

  function change(field: string, next: SetStateAction<Json | undefined>): void {
    setTouched((before) => {
      const value = typeof next === 'function' ? next(newValues(type, start, before)[field]) : next;
      return new Map(before).set(field, value);
    });
  }

  function save(): Promise<ReadonlyMap<string, string>> {
    const operation = { op: 'put', id, entity_type: type.name, doc: values, expected_version: null } as const;
    return saveForm(async () => {
      await data.write(`Add ${one}`, [operation], `${one} added.`);
      rememberUse(type.name, props.parent);
    }, props.finish);
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
          <button type="button" className="button" onClick={props.finish}>
            Cancel
          </button>
        }
      />
      <LeaveQuestion is_changed={touched.size > 0} />
    </>
  );
}
