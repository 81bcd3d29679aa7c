import { type ReactNode, useId, useState } from 'react';
import { inWords } from '../records/field-name.ts';
import type { InputProps } from './input-props.ts';
import { InstantInput } from './instant-input.tsx';
import { NotesInput } from './notes-input.tsx';
import { RelationInput } from './relation-input.tsx';

/** Text that people write at length. */
const LONG_TEXTS: ReadonlySet<string> = new Set(['notes', 'description', 'location_notes']);
const MAX_SEGMENTS = 4;
const MAX_SEGMENT_CHARS = 34;

/** The input for a field of its kind. */
export function FieldInput(props: InputProps & { readonly since: string | null }): ReactNode {
  const { field } = props;
  switch (field.kind) {
    case 'instant':
    case 'inst':
      return <InstantInput {...props} />;
    case 'ref':
    case 'refs':
      return <RelationInput {...props} />;
    case 'keyword':
    case 'bool_or_keyword':
    case 'bool':
      return <ChoiceInput {...props} />;
    case 'keywords':
      return field.values === null ? <TagsInput {...props} /> : <SetInput {...props} />;
    case 'long':
    case 'double':
    case 'number':
      return <NumberInput {...props} />;
    case 'local_date':
      return <DateInput {...props} />;
    case 'json':
      return <JsonInput {...props} />;
    default:
      if (LONG_TEXTS.has(field.name)) return <NotesInput {...props} />;
      return field.name === 'time_zone' ? <ZoneInput {...props} /> : <TextInput {...props} />;
  }
}

function TextInput({ id, value, change, field, described_by, is_invalid }: InputProps) {
  return (
    <input
      id={id}
      className="input"
      type="text"
      value={typeof value === 'string' ? value : ''}
      aria-describedby={described_by}
      aria-invalid={is_invalid}
      onChange={(event) => change(event.target.value === '' && field.is_optional ? undefined : event.target.value)}
    />
  );
}

function ZoneInput(props: InputProps) {
  const zones_id = useId();
  return (
    <>
      <input
        id={props.id}
        className="input"
        type="text"
        list={zones_id}
        value={typeof props.value === 'string' ? props.value : ''}
        aria-describedby={props.described_by}
        aria-invalid={props.is_invalid}
        onChange={(event) => props.change(event.target.value === '' ? undefined : event.target.value)}
      />
      <datalist id={zones_id}>
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}

/** A number as it is typed; what is none stays on the screen, and the schema says so. */
function NumberInput({ id, value, change, field, described_by, is_invalid }: InputProps) {
  const [text, setText] = useState<string | null>(null);
  const shown =
    text !== null && Number(text) === value ? text : value === undefined || value === null ? '' : String(value);
  return (
    <div className="input-row">
      <input
        id={id}
        className="input input-number"
        type="text"
        inputMode={field.kind === 'long' ? 'numeric' : 'decimal'}
        value={shown}
        aria-describedby={described_by}
        aria-invalid={is_invalid}
        onChange={(event) => {
          const typed = event.target.value.replace(',', '.');
          setText(typed);
          const number = Number(typed);
          change(typed.trim() === '' ? undefined : Number.isFinite(number) ? number : typed);
        }}
      />
      {field.unit !== null && <span className="input-unit">{field.unit}</span>}
    </div>
  );
}

function DateInput({ id, value, change, described_by, is_invalid }: InputProps) {
  return (
    <input
      id={id}
      className="input"
      type="date"
      value={typeof value === 'string' ? value : ''}
      aria-describedby={described_by}
      aria-invalid={is_invalid}
      onChange={(event) => change(event.target.value === '' ? undefined : event.target.value)}
    />
  );
}

function JsonInput({ id, value, change, described_by, is_invalid }: InputProps) {
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2));
  return (
    <textarea
      id={id}
      className="input"
      rows={6}
      spellCheck={false}
      value={text}
      aria-describedby={described_by}
      aria-invalid={is_invalid}
      onChange={(event) => {
        setText(event.target.value);
        try {
          change(event.target.value === '' ? undefined : JSON.parse(event.target.value));
        } catch {
          // As text it is no object, which is what the schema will say.
          change(event.target.value);
        }
      }}
    />
  );
}

/** One of a few: side by side when they fit, else a list. */
function ChoiceInput({ id, value, change, field, described_by, is_invalid }: InputProps) {
  const own = (field.values ?? []).map((each) => ({
    key: each,
    value: each as string | boolean,
    label: inWords(each),
  }));
  const yes_no = [
    { key: 'true', value: true, label: 'Yes' },
    { key: 'false', value: false, label: 'No' },
  ];
  const choices = field.kind === 'keyword' ? own : [...yes_no, ...own];
  const unset = field.is_optional ? [{ key: '', value: undefined, label: '–' }] : [];
  const chars = choices.reduce((sum, { label }) => sum + label.length, 0);
  if (choices.length > MAX_SEGMENTS || chars > MAX_SEGMENT_CHARS) {
    return (
      <select
        id={id}
        value={value === undefined || value === null ? '' : String(value)}
        aria-describedby={described_by}
        aria-invalid={is_invalid}
        onChange={(event) => change(choices.find(({ key }) => key === event.target.value)?.value)}
      >
        {(field.is_optional || value === undefined) && <option value="">{field.is_optional ? '–' : 'Choose'}</option>}
        {choices.map(({ key, label }) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
    );
  }
  return (
    <div
      className="segments"
      id={id}
      role="radiogroup"
      aria-labelledby={`${id}-name`}
      aria-describedby={described_by}
      aria-invalid={is_invalid}
    >
      {[...choices, ...unset].map((choice) => (
        <label key={choice.key}>
          <input
            type="radio"
            name={id}
            checked={value === choice.value}
            onChange={() => change(choice.value)}
            {...(choice.value === undefined && { 'aria-label': 'Not set' })}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </div>
  );
}

function SetInput({ id, value, change, field, described_by, is_invalid }: InputProps) {
  const chosen = Array.isArray(value) ? value : [];
  return (
    <fieldset className="toggles" id={id} aria-labelledby={`${id}-name`} aria-describedby={described_by}>
      {(field.values ?? []).map((each) => (
        <label key={each} className="toggle">
          <input
            type="checkbox"
            checked={chosen.includes(each)}
            aria-invalid={is_invalid}
            onChange={(event) => {
              const rest = chosen.filter((other) => other !== each);
              const next = event.target.checked ? [...rest, each] : rest;
              change(next.length === 0 && field.is_optional ? undefined : next.toSorted());
            }}
          />
          <span>{inWords(each)}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** A set of any keywords, with commas or spaces between them. */
function TagsInput({ id, value, change, field, described_by, is_invalid }: InputProps) {
  const [text, setText] = useState(Array.isArray(value) ? value.join(', ') : '');
  return (
    <input
      id={id}
      className="input"
      type="text"
      placeholder="sharp, after-lunch"
      value={text}
      aria-describedby={described_by}
      aria-invalid={is_invalid}
      onChange={(event) => {
        setText(event.target.value);
        const tags = [...new Set(event.target.value.split(/[\s,]+/).filter((tag) => tag !== ''))].sort();
        change(tags.length === 0 && field.is_optional ? undefined : tags);
      }}
    />
  );
}
