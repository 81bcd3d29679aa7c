// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be those of a table element
// biome-ignore-all lint/a11y/useFocusableInteractive: the cells of a plain table take no focus; what is in them does
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
import type { StoredRecord } from '../../data/operations.ts';
import { useStore } from '../../data/use-records.ts';
import { fieldName } from '../../records/field-name.ts';
import { formatInstant, formatValue, type ValueContext } from '../../records/format-value.ts';
import { RecordLink } from '../../records/record-link.tsx';
import { recordTitle } from '../../records/record-title.ts';
import type { FieldFacts, TypeFacts } from '../../records/type-facts.ts';
import { withLabels } from '../../records/with-labels.ts';
import { localDay } from '../../time/local-day.ts';
import { zoneOf } from '../../time/zone-of.ts';

interface RecordTableProps {
  readonly type: TypeFacts;
  readonly records: readonly StoredRecord[];
  readonly columns: readonly FieldFacts[];
  readonly sort: string;
  readonly is_descending: boolean;
  readonly sortBy: (field: string) => void;
  readonly chosen: ReadonlySet<string>;
  readonly choose: (ids: ReadonlySet<string>) => void;
  readonly time_zone: string;
}

const ROW_PX = 56;
/** Rows that are drawn above and below what is in sight. */
const OVERSCAN = 12;
const NUMERIC: ReadonlySet<string> = new Set(['long', 'double', 'number']);

/** A list of any length: only the rows in sight are in the page. Arrow keys move from row to row. */
export function RecordTable(props: RecordTableProps) {
  const { type, records, columns, chosen, choose } = props;
  const store = useStore();
  const body = useRef<HTMLDivElement>(null);
  const [top_px, setTop] = useState(0);
  useLayoutEffect(() => {
    const place = (): void => {
      if (body.current !== null) setTop(body.current.getBoundingClientRect().top + scrollY);
    };
    place();
    const moved = new ResizeObserver(place);
    moved.observe(document.body);
    return () => moved.disconnect();
  }, []);
  const rows = useWindowVirtualizer({
    count: records.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: top_px,
    getItemKey: (index) => records[index]?.id ?? index,
  });
  const today = localDay(Date.now(), props.time_zone);
  const all_chosen = records.length > 0 && records.every(({ id }) => chosen.has(id));

  function toggle(id: string): void {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    choose(next);
  }

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0 || !(event.target instanceof HTMLElement)) return;
    const index = Number(event.target.closest<HTMLElement>('[data-index]')?.dataset.index) + step;
    if (Number.isNaN(index) || index < 0 || index >= records.length) return;
    event.preventDefault();
    const in_row = event.target.matches('input') ? 'input' : 'a';
    rows.scrollToIndex(index);
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`[data-index="${index}"] ${in_row}`)?.focus());
  }

  const template = { '--columns': columns.length } as CSSProperties;
  return (
    <div className="card table" role="table" aria-rowcount={records.length + 1} aria-label="Records" style={template}>
      <div role="rowgroup" className="table-head">
        <div className="table-row" role="row" aria-rowindex={1}>
          <div role="columnheader" className="table-check">
            <input
              type="checkbox"
              aria-label={`Select all ${records.length}`}
              checked={all_chosen}
              onChange={() => choose(all_chosen ? new Set() : new Set(records.map(({ id }) => id)))}
            />
          </div>
          <SortHeader name="Record" field="title" {...props} />
          <SortHeader name={type.from.length === 0 ? 'Added' : 'When'} field="occurred_at" {...props} />
          {columns.map((field) => (
            <SortHeader
              key={field.name}
              name={fieldName(field)}
              field={field.name}
              is_number={NUMERIC.has(field.kind)}
              {...props}
            />
          ))}
        </div>
      </div>
      <div
        ref={body}
        role="rowgroup"
        className="table-body"
        style={{ height: rows.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {rows.getVirtualItems().map((item) => {
          const record = records[item.index];
          if (record === undefined) return null;
          const zone = zoneOf(record, props.time_zone);
          const context: ValueContext = { store, time_zone: zone, today };
          const title = recordTitle(withLabels(record, store));
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              data-index={item.index}
              data-chosen={chosen.has(record.id)}
              className="table-row table-line"
              style={{ transform: `translateY(${item.start - rows.options.scrollMargin}px)` }}
            >
              <div role="cell" className="table-check">
                <input
                  type="checkbox"
                  aria-label={`Select ${title}`}
                  checked={chosen.has(record.id)}
                  onChange={() => toggle(record.id)}
                />
              </div>
              <div role="cell" className="table-title">
                <RecordLink id={record.id}>{title}</RecordLink>
              </div>
              <div role="cell" className="table-when">
                {formatInstant(record.occurred_at, context)}
              </div>
              {columns.map((field) => (
                <div role="cell" key={field.name} className={NUMERIC.has(field.kind) ? 'number' : 'table-cell'}>
                  {formatValue(record[field.name], field, context)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function SortHeader(props: {
  name: string;
  field: string;
  is_number?: boolean;
  sort: string;
  is_descending: boolean;
  sortBy: (field: string) => void;
}) {
  const is_sorted = props.sort === props.field;
  return (
    <div
      role="columnheader"
      aria-sort={is_sorted ? (props.is_descending ? 'descending' : 'ascending') : 'none'}
      className={props.is_number === true ? 'number' : ''}
    >
      <button type="button" className="sort-button" onClick={() => props.sortBy(props.field)}>
        {props.name}
        <span aria-hidden="true" className="sort-mark">
          {is_sorted ? (props.is_descending ? '↓' : '↑') : ''}
        </span>
      </button>
    </div>
  );
}
