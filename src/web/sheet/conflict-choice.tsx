import { useEffect, useRef, useState } from 'react';
import type { Json } from '../../api/answer-types.ts';
import type { Doc } from '../data/operations.ts';
import { sameValue } from '../data/same-value.ts';
import { useStore } from '../data/use-records.ts';
import type { FormValues } from '../forms/form-values.ts';
import { fieldName } from '../records/field-name.ts';
import { formatValue } from '../records/format-value.ts';
import type { FieldFacts, TypeFacts } from '../records/type-facts.ts';
import { failureText } from '../shell/failure-text.ts';
import { localDay } from '../time/local-day.ts';

interface ConflictChoiceProps {
  readonly type: TypeFacts;
  readonly base: Doc;
  readonly mine: FormValues;
  /** Null: it was deleted. */
  readonly theirs: Doc | null;
  readonly time_zone: string;
  /** Saves; resolves to what the server refused, field to message. */
  readonly keep: (merged: FormValues) => Promise<ReadonlyMap<string, string>>;
  readonly goBack: () => void;
  readonly drop: () => void;
}

/**
 * The record changed while it was being edited. What only one side changed is merged; for what both did, a person
 * chooses, with what was there before in sight.
 */
export function ConflictChoice(props: ConflictChoiceProps) {
  const { type, base, mine, theirs } = props;
  const store = useStore();
  const heading = useRef<HTMLHeadingElement>(null);
  const [kept, setKept] = useState<Readonly<Record<string, 'mine' | 'theirs'>>>({});
  const [failure, setFailure] = useState('');
  useEffect(() => heading.current?.focus(), []);

  const names = [...new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs ?? {})])];
  const changed = names.filter((name) => !sameValue(base[name], mine[name]) || !sameValue(base[name], theirs?.[name]));
  const disputed = changed.filter(
    (name) =>
      !sameValue(base[name], mine[name]) &&
      !sameValue(base[name], theirs?.[name]) &&
      !sameValue(mine[name], theirs?.[name]),
  );
  const is_decided = theirs === null || disputed.every((name) => kept[name] !== undefined);

  function sideOf(name: string): 'mine' | 'theirs' {
    const chosen = kept[name];
    if (chosen !== undefined) return chosen;
    return sameValue(base[name], mine[name]) ? 'theirs' : 'mine';
  }

  function merged(): FormValues {
    if (theirs === null) return mine;
    const result: Record<string, Json> = {};
    for (const name of names) {
      const value = sideOf(name) === 'mine' ? mine[name] : theirs[name];
      if (value !== undefined) result[name] = value;
    }
    return result;
  }

  async function save(): Promise<void> {
    try {
      const refused = await props.keep(merged());
      setFailure(
        [...refused].map(([name, message]) => `${name === '' ? '' : `${nameOf(name)}: `}${message}`).join(' '),
      );
    } catch (error) {
      setFailure(failureText(error));
    }
  }

  function words(name: string, value: Json | undefined): string {
    const field: FieldFacts | undefined = type.fields.find((each) => each.name === name);
    const today = localDay(Date.now(), props.time_zone);
    const text = formatValue(value, field ?? { kind: 'text', unit: null }, {
      store,
      time_zone: props.time_zone,
      today,
    });
    return text === '' ? '–' : text;
  }

  function nameOf(name: string): string {
    const field = type.fields.find((each) => each.name === name);
    return field === undefined ? name : fieldName(field);
  }

  return (
    <section className="conflict" aria-labelledby="conflict-heading">
      <h3 id="conflict-heading" ref={heading} tabIndex={-1}>
        {theirs === null ? 'This record was deleted meanwhile' : 'This record changed while you edited it'}
      </h3>
      <p>
        {theirs === null
          ? 'Your edit is not lost: bring the record back with it, or let it go.'
          : disputed.length === 0
            ? 'Nothing was changed on both sides. Save to keep both changes.'
            : 'Both sides changed the same thing. Choose what to keep; nothing is saved until you do.'}
      </p>
      {theirs !== null && (
        <ul className="conflict-list">
          {changed.map((name) => {
            const is_disputed = disputed.includes(name);
            return (
              <li key={name} className="conflict-item">
                <fieldset>
                  <legend>{nameOf(name)}</legend>
                  <p className="conflict-before">Before: {words(name, base[name])}</p>
                  {(['mine', 'theirs'] as const).map((side) => (
                    <label
                      key={side}
                      className="conflict-side"
                      data-chosen={(is_disputed ? kept[name] : sideOf(name)) === side}
                    >
                      <input
                        type="radio"
                        name={`keep-${name}`}
                        checked={(is_disputed ? kept[name] : sideOf(name)) === side}
                        onChange={() => setKept({ ...kept, [name]: side })}
                      />
                      <span className="conflict-who">{side === 'mine' ? 'Yours' : 'Theirs'}</span>
                      <span>{words(name, side === 'mine' ? mine[name] : theirs[name])}</span>
                    </label>
                  ))}
                </fieldset>
              </li>
            );
          })}
        </ul>
      )}
      {failure !== '' && (
        <p className="field-problem" role="alert">
          {failure}
        </p>
      )}
      <div className="form-actions">
        <button type="button" className="button button-primary" disabled={!is_decided} onClick={save}>
          {theirs === null ? 'Bring it back' : 'Save this'}
        </button>
        <button type="button" className="button" onClick={props.goBack}>
          Back to my edit
        </button>
        <button type="button" className="button button-danger" onClick={props.drop}>
          Drop my edit
        </button>
      </div>
    </section>
  );
}
