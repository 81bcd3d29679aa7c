import { type FormEvent, type ReactNode, type SetStateAction, useEffect, useId, useRef, useState } from 'react';
import type { Json } from '../../api/answer-types.ts';
import { fieldName } from '../records/field-name.ts';
import type { FieldFacts, TypeFacts } from '../records/type-facts.ts';
import { failureText } from '../shell/failure-text.ts';
import { zoneOf } from '../time/zone-of.ts';
import { FieldInput } from './field-input.tsx';
import { type FormValues, isSideField } from './form-values.ts';
import { problemText } from './problem-text.ts';

interface RecordFormProps {
  readonly type: TypeFacts;
  readonly values: FormValues;
  readonly change: (field: string, next: SetStateAction<Json | undefined>) => void;
  /** The user's, for records that name none. */
  readonly time_zone: string;
  /** Saves; resolves to what the server refused, field to message. What it throws is shown. */
  readonly save: () => Promise<ReadonlyMap<string, string>>;
  /** Buttons beside Save. */
  readonly actions: ReactNode;
  readonly save_name: string;
  /** Takes the focus to the first field that is empty. */
  readonly takes_focus: boolean;
  readonly is_read_only?: boolean;
}

/** A form made from an entity type's fields, checked by the schema that the server has. */
export function RecordForm(props: RecordFormProps) {
  const { type, values, change } = props;
  const form_id = useId();
  const form = useRef<HTMLFormElement>(null);
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());
  const [is_saving, setSaving] = useState(false);
  const time_zone = zoneOf(values, props.time_zone);
  const main = type.fields.filter((field) => !isSideField(field));
  const side = type.fields.filter(isSideField);
  const has_side_problem = side.some((field) => problems.has(field.name));

  const focus_field = props.takes_focus
    ? (main.find((field) => isEmpty(values[field.name])) ?? main[0])?.name
    : undefined;
  const first_focus = useRef(focus_field);
  useEffect(() => {
    if (first_focus.current !== undefined) focusInput(`${form_id}-${first_focus.current}`);
  }, [form_id]);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (is_saving) return;
    setSaving(true);
    const left = await checkAndSave().catch((error: unknown) => new Map([['', failureText(error)]]));
    setProblems(left);
    setSaving(false);
    const first = type.fields.find((field) => left.has(field.name));
    // After the messages are there, so that a screen reader reads the field's along with it.
    requestAnimationFrame(() => {
      if (first !== undefined) focusInput(`${form_id}-${first.name}`);
      else form.current?.querySelector('.form-alert')?.scrollIntoView({ block: 'nearest' });
    });
  }

  async function checkAndSave(): Promise<ReadonlyMap<string, string>> {
    const { validateDoc } = await import('./validate-doc.ts');
    const found = validateDoc(type.name, values);
    return found.size > 0 ? found : props.save();
  }

  function changeField(name: string, next: SetStateAction<Json | undefined>): void {
    change(name, next);
    setProblems((before) => {
      const left = new Map(before);
      return left.delete(name) ? left : before;
    });
  }

  function row(field: FieldFacts): ReactNode {
    const id = `${form_id}-${field.name}`;
    const problem = problems.get(field.name);
    const begins = type.until === field.name ? values[type.from[0] ?? ''] : undefined;
    const name = fieldName(field);
    const is_group =
      field.kind === 'bool' ||
      field.kind === 'bool_or_keyword' ||
      field.kind === 'keyword' ||
      field.kind === 'keywords';
    return (
      <div className="form-field" key={field.name} data-field={field.name} data-first={field.name === focus_field}>
        <div className="form-label">
          {is_group ? (
            <label id={`${id}-name`} htmlFor={id}>
              {name}
            </label>
          ) : (
            <label htmlFor={id}>{name}</label>
          )}
          {field.is_optional && <span className="form-optional">optional</span>}
        </div>
        <FieldInput
          id={id}
          field={field}
          value={values[field.name]}
          change={(next) => changeField(field.name, next)}
          time_zone={time_zone}
          since={typeof begins === 'string' ? begins : null}
          described_by={problem === undefined ? undefined : `${id}-problem`}
          is_invalid={problem !== undefined}
        />
        {problem !== undefined && (
          <p className="field-problem" id={`${id}-problem`}>
            {problemText(problem, values[field.name] === undefined)}
          </p>
        )}
      </div>
    );
  }

  // What no field on the form can show, at its head.
  const names = new Set(type.fields.map((field) => field.name));
  const elsewhere = [...problems].filter(([name]) => !names.has(name));

  return (
    <form
      ref={form}
      className="record-form"
      onSubmit={submit}
      noValidate
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit();
      }}
    >
      {elsewhere.length > 0 && (
        <div className="form-alert" role="alert">
          {elsewhere.map(([name, message]) => (
            <p key={name}>{name === '' ? message : `${name}: ${message}`}</p>
          ))}
        </div>
      )}
      <fieldset className="form-fields" disabled={props.is_read_only}>
        {main.map(row)}
        {side.length > 0 && (
          <details className="form-more" open={has_side_problem || undefined}>
            <summary>More fields</summary>
            {side.map(row)}
          </details>
        )}
      </fieldset>
      <div className="form-actions" hidden={props.is_read_only}>
        <button type="submit" className="button button-primary" disabled={is_saving}>
          {is_saving ? 'Saving…' : props.save_name}
        </button>
        {props.actions}
      </div>
    </form>
  );
}

/** A group of choices takes no focus, but the first input in it does. */
function focusInput(id: string): void {
  const element = document.getElementById(id);
  (element?.querySelector('input') ?? element)?.focus();
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
