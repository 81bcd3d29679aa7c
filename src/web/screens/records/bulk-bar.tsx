import { useRouteContext } from '@tanstack/react-router';
import { useId, useState } from 'react';
import type { Json } from '../../../api/answer-types.ts';
import { type Operation, pointerTo } from '../../data/operations.ts';
import { FieldInput } from '../../forms/field-input.tsx';
import { isSideField } from '../../forms/form-values.ts';
import type { TypeFacts } from '../../records/type-facts.ts';
import { Sheet } from '../../sheet/sheet.tsx';
import { failureText } from '../../shell/failure-text.ts';
import { showToast } from '../../shell/toasts.ts';
import { FieldOptions } from './field-options.tsx';
import { writeMany } from './write-many.ts';

interface BulkBarProps {
  readonly type: TypeFacts;
  readonly chosen: ReadonlySet<string>;
  readonly clear: () => void;
  readonly time_zone: string;
}

/** What can be done with the records that are chosen, all at once. */
export function BulkBar(props: BulkBarProps) {
  const { type, chosen, clear } = props;
  const { data } = useRouteContext({ from: '/app' });
  const [is_editing, setEditing] = useState(false);
  const what = `${chosen.size.toLocaleString('en')} ${chosen.size === 1 ? 'record' : 'records'}`;

  async function apply(title: string, done: string, operationFor: (id: string) => Operation): Promise<void> {
    try {
      await writeMany(data, title, [...chosen].map(operationFor), done);
      clear();
      setEditing(false);
    } catch (error) {
      showToast({ text: failureText(error) });
    }
  }

  return (
    <section className="bulk-bar" aria-label="Selected records">
      <span>{what} selected</span>
      <button type="button" className="button" onClick={() => setEditing(true)}>
        Edit
      </button>
      <button
        type="button"
        className="button button-danger"
        onClick={() =>
          apply(`Delete ${what}`, `${what} deleted.`, (id) => ({ op: 'delete', id, entity_type: type.name }))
        }
      >
        Delete
      </button>
      <button type="button" className="button button-quiet" onClick={clear}>
        Clear
      </button>
      {is_editing && (
        <Sheet label="Edit several records" close={() => setEditing(false)}>
          <BulkEdit
            type={type}
            what={what}
            time_zone={props.time_zone}
            close={() => setEditing(false)}
            save={(field, value) =>
              apply(`Edit ${what}`, `${what} changed.`, (id) => ({
                op: 'patch',
                id,
                entity_type: type.name,
                set: value === undefined ? {} : { [pointerTo(field)]: value },
                unset: value === undefined ? [pointerTo(field)] : [],
              }))
            }
          />
        </Sheet>
      )}
    </section>
  );
}

function BulkEdit(props: {
  type: TypeFacts;
  what: string;
  time_zone: string;
  close: () => void;
  save: (field: string, value: Json | undefined) => Promise<void>;
}) {
  const id = useId();
  const fields = props.type.fields.filter((field) => !isSideField(field));
  const [name, setName] = useState('');
  const [value, setValue] = useState<Json | undefined>(undefined);
  const [is_busy, setBusy] = useState(false);
  const field = fields.find((each) => each.name === name);
  const can_save = field !== undefined && (value !== undefined || field.is_optional);
  return (
    <form
      className="record-form"
      onSubmit={(event) => {
        event.preventDefault();
        setBusy(true);
        void props.save(name, value).finally(() => setBusy(false));
      }}
    >
      <h2>Edit {props.what}</h2>
      <div className="form-field">
        <div className="form-label">
          <label htmlFor={`${id}-field`}>Field to set</label>
        </div>
        <select
          id={`${id}-field`}
          value={name}
          onChange={(event) => {
            setName(event.target.value);
            setValue(undefined);
          }}
        >
          <FieldOptions fields={fields} />
        </select>
      </div>
      {field !== undefined && (
        <div className="form-field">
          <div className="form-label">
            <label htmlFor={`${id}-value`} id={`${id}-value-name`}>
              New value
            </label>
            {field.is_optional && <span className="form-optional">empty removes it</span>}
          </div>
          <FieldInput
            key={field.name}
            id={`${id}-value`}
            field={field}
            value={value}
            change={setValue}
            time_zone={props.time_zone}
            since={null}
            described_by={undefined}
            is_invalid={false}
          />
        </div>
      )}
      <div className="form-actions">
        <button type="submit" className="button button-primary" disabled={!can_save || is_busy}>
          Change {props.what}
        </button>
        <button type="button" className="button" onClick={props.close}>
          Cancel
        </button>
      </div>
    </form>
  );
}
