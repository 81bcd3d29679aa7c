import { useId, useState } from 'react';
import { useLoadedTypes } from '../../data/use-loaded-types.ts';
import { useStore } from '../../data/use-records.ts';
import { Combobox } from '../../forms/combobox.tsx';
import { findRecords } from '../../forms/find-records.ts';
import { fieldName, inWords } from '../../records/field-name.ts';
import { recordTitle } from '../../records/record-title.ts';
import type { FieldFacts, TypeFacts } from '../../records/type-facts.ts';
import { filterKind, type RecordFilter, WHEN_FIELD } from '../../records/view/record-filter.ts';
import { fieldOf } from '../../records/view/record-view.ts';
import { withLabels } from '../../records/with-labels.ts';
import { useTimeZone } from '../../time/use-time-zone.ts';
import { FieldOptions } from './field-options.tsx';

interface FilterBarProps {
  readonly type: TypeFacts;
  readonly filters: readonly RecordFilter[];
  readonly change: (filters: readonly RecordFilter[]) => void;
}

const DATES: ReadonlySet<string> = new Set(['instant', 'inst', 'local_date']);

/** The conditions of a list, each with a way out of it, and a way to add one. */
export function FilterBar({ type, filters, change }: FilterBarProps) {
  const store = useStore();
  const panel_id = useId();
  const [chosen, setChosen] = useState('');
  const fields = [WHEN_FIELD, ...type.fields].filter((field) => filterKind(field) !== null);
  const field = fields.find((each) => each.name === chosen);

  function add(filter: RecordFilter): void {
    change([...filters.filter((each) => each.field !== filter.field), filter]);
  }

  return (
    <>
      <div className="filter-add">
        <button type="button" className="button" popoverTarget={panel_id} style={{ anchorName: '--filter' } as object}>
          Filter
        </button>
        <div id={panel_id} className="popover-panel filter-panel" popover="auto">
          <label className="field">
            <span>Field</span>
            <select value={chosen} onChange={(event) => setChosen(event.target.value)}>
              <FieldOptions fields={fields} />
            </select>
          </label>
          {field !== undefined && (
            <FilterInput
              key={field.name}
              field={field}
              filter={filters.find((each) => each.field === chosen)}
              add={add}
            />
          )}
        </div>
      </div>
      {filters.length > 0 && (
        <ul className="chips filter-chips" aria-label="Filters">
          {filters.map((filter) => {
            const of = fieldOf(type, filter.field);
            const name = of === undefined ? filter.field : fieldName(of);
            return (
              <li key={filter.field} className="chip">
                {name} {conditionText(filter, of)}
                <button
                  type="button"
                  className="chip-remove"
                  aria-label={`Remove the filter on ${name}`}
                  onClick={() => change(filters.filter((each) => each !== filter))}
                >
                  ×
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </>
  );

  function conditionText(filter: RecordFilter, of: FieldFacts | undefined): string {
    if (filter.is !== undefined) return filter.is.map((value) => valueText(value, of)).join(' or ');
    if (filter.has !== undefined) return `has “${filter.has}”`;
    if (filter.min !== undefined && filter.min === filter.max) return filter.min;
    if (filter.min !== undefined && filter.max !== undefined) return `${filter.min} to ${filter.max}`;
    return filter.min === undefined ? `up to ${filter.max}` : `from ${filter.min}`;
  }

  function valueText(value: string, of: FieldFacts | undefined): string {
    if (of?.target != null) {
      const record = store.get(value);
      return record === null ? '…' : recordTitle(withLabels(record, store));
    }
    return value === 'true' ? 'yes' : value === 'false' ? 'no' : inWords(value);
  }
}

function FilterInput(props: {
  field: FieldFacts;
  filter: RecordFilter | undefined;
  add: (filter: RecordFilter) => void;
}) {
  const { field, add } = props;
  const id = useId();
  const kind = filterKind(field);
  const { min, max } = props.filter ?? {};
  if (field.target !== null) return <RelationFilter field={field} target={field.target} add={add} />;
  if (kind === 'is') {
    const values = [
      ...(field.kind === 'keyword' || field.kind === 'keywords' ? [] : ['true', 'false']),
      ...(field.values ?? []),
    ];
    const chosen = props.filter?.is ?? [];
    return (
      <fieldset className="check-list">
        <legend>{fieldName(field)}</legend>
        {values.map((value) => (
          <label key={value}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={(event) =>
                add({
                  field: field.name,
                  is: event.target.checked ? [...chosen, value] : chosen.filter((each) => each !== value),
                })
              }
            />
            {value === 'true' ? 'Yes' : value === 'false' ? 'No' : inWords(value)}
          </label>
        ))}
      </fieldset>
    );
  }
  if (kind === 'range') {
    const type = DATES.has(field.kind) ? 'date' : 'number';
    const change = (bounds: { min?: string | undefined; max?: string | undefined }): void => {
      const next = { min, max, ...bounds };
      add({
        field: field.name,
        ...(next.min !== undefined && next.min !== '' && { min: next.min }),
        ...(next.max !== undefined && next.max !== '' && { max: next.max }),
      });
    };
    return (
      <div className="filter-range">
        <label className="field">
          <span>From</span>
          <input
            className="input"
            type={type}
            value={min ?? ''}
            onChange={(event) => change({ min: event.target.value })}
          />
        </label>
        <label className="field">
          <span>To</span>
          <input
            className="input"
            type={type}
            value={max ?? ''}
            onChange={(event) => change({ max: event.target.value })}
          />
        </label>
      </div>
    );
  }
  return (
    <label className="field" htmlFor={id}>
      <span>Contains</span>
      <input
        id={id}
        className="input"
        type="text"
        value={props.filter?.has ?? ''}
        onChange={(event) => add({ field: field.name, has: event.target.value })}
      />
    </label>
  );
}

function RelationFilter(props: { field: FieldFacts; target: string; add: (filter: RecordFilter) => void }) {
  const { field, target, add } = props;
  const store = useStore();
  const time_zone = useTimeZone();
  const id = useId();
  useLoadedTypes([target]);
  return (
    <div className="field">
      <label htmlFor={id}>{fieldName(field)}</label>
      <Combobox
        id={id}
        label={fieldName(field)}
        shown=""
        placeholder="Find by name"
        find={(text) => findRecords(store, target, text, time_zone)}
        choose={(option) => add({ field: field.name, is: [option.id] })}
      />
    </div>
  );
}
