import { useRouteContext } from '@tanstack/react-router';
import { useState } from 'react';
import type { Json } from '../../api/answer-types.ts';
import { useLoadedTypes } from '../data/use-loaded-types.ts';
import { useStore } from '../data/use-records.ts';
import { recordTitle } from '../records/record-title.ts';
import { typeAppearance } from '../records/type-appearance.ts';
import { typeFacts } from '../records/type-facts.ts';
import { withLabels } from '../records/with-labels.ts';
import { failureText } from '../shell/failure-text.ts';
import { useTimeZone } from '../time/use-time-zone.ts';
import { Combobox } from './combobox.tsx';
import { findRecords, optionOf } from './find-records.ts';
import type { InputProps } from './input-props.ts';

/** The field to fill in for a record that can be made from its name alone; null when it needs more. */
function nameField(type: string): string | null {
  const required = typeFacts(type).fields.filter((field) => !field.is_optional);
  const [only] = required;
  return required.length === 1 && only?.kind === 'text' ? only.name : null;
}

function idsOf(value: Json | undefined): string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');
}

/** One related record or several, found by name, or made on the spot. */
export function RelationInput({ id, field, value, change, described_by, is_invalid }: InputProps) {
  const { data } = useRouteContext({ from: '/app' });
  const store = useStore();
  const time_zone = useTimeZone();
  const [failure, setFailure] = useState<string | null>(null);
  const target = field.target ?? '';
  useLoadedTypes([target]);
  const is_many = field.kind === 'refs';
  const ids = idsOf(value);
  const named = nameField(target);
  const { one } = typeAppearance(target);

  function take(taken: string): void {
    setFailure(null);
    change(is_many ? (now) => [...new Set([...idsOf(now), taken])] : taken);
  }

  function create(label: string): void {
    if (named === null) return;
    const made = crypto.randomUUID();
    take(made);
    data
      .write(
        `Add ${label}`,
        [{ op: 'put', id: made, entity_type: target, doc: { [named]: label } }],
        `${one} “${label}” added.`,
      )
      .catch((error: unknown) => {
        change((now) => {
          if (is_many) return idsOf(now).filter((each) => each !== made);
          return now === made ? undefined : now;
        });
        setFailure(failureText(error));
      });
  }

  function titleOf(each: string): string {
    const record = store.get(each);
    return record === null ? 'Unknown record' : recordTitle(withLabels(record, store));
  }

  const single = ids[0];
  const chosen = single === undefined || is_many ? null : store.get(single);
  return (
    <>
      {is_many && ids.length > 0 && (
        <ul className="chips">
          {ids.map((each) => (
            <li key={each} className="chip">
              {titleOf(each)}
              <button
                type="button"
                className="chip-remove"
                aria-label={`Remove ${titleOf(each)}`}
                onClick={() => change(ids.filter((other) => other !== each))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="input-row">
        <Combobox
          id={id}
          label={typeAppearance(target).many}
          described_by={described_by}
          is_invalid={is_invalid}
          shown={chosen === null ? '' : optionOf(chosen, store, time_zone).label}
          placeholder={
            is_many && ids.length > 0
              ? 'Add another'
              : `Find${named === null ? '' : ' or create'} a ${one.toLowerCase()}`
          }
          keeps_nothing={is_many}
          find={(text) =>
            findRecords(store, target, text, time_zone).filter((option) => !is_many || !ids.includes(option.id))
          }
          choose={(option) => take(option.id)}
          create={named === null ? undefined : create}
        />
        {!is_many && single !== undefined && field.is_optional && (
          <button type="button" className="button button-quiet" onClick={() => change(undefined)}>
            Clear
          </button>
        )}
      </div>
      {failure !== null && (
        <p className="field-problem" role="alert">
          {failure}
        </p>
      )}
    </>
  );
}
