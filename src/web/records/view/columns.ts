import { useState } from 'react';
import { isSideField } from '../../forms/form-values.ts';
import type { FieldFacts, TypeFacts } from '../type-facts.ts';

const STORAGE_PREFIX = 'annals.columns.';
const FIRST_COLUMNS = 4;
/** Said by the title or by When already, or rarely worth a column. */
const RARELY: ReadonlySet<string> = new Set(['time_zone', 'sensitive', 'archived', 'name', 'description', 'summary']);

/** The fields that can be columns beside the title and the time. */
export function possibleColumns(type: TypeFacts): readonly FieldFacts[] {
  return type.fields.filter(
    (field) => !type.from.includes(field.name) && !type.label.includes(field.name) && field.kind !== 'json',
  );
}

/** The columns that are shown, and a way to choose them; kept on this device. */
export function useColumns(type: TypeFacts): readonly [readonly FieldFacts[], (names: readonly string[]) => void] {
  const key = STORAGE_PREFIX + type.name;
  const [chosen, setChosen] = useState<readonly string[] | null>(() => {
    const kept = localStorage.getItem(key);
    return kept === null ? null : kept.split(' ');
  });
  const possible = possibleColumns(type);
  const usual = possible
    // A type without a label of its own is called by what it relates to.
    .filter(
      (field) => !RARELY.has(field.name) && !isSideField(field) && (field.target === null || type.label.length > 0),
    )
    .slice(0, FIRST_COLUMNS);
  const shown = chosen === null ? usual : possible.filter((field) => chosen.includes(field.name));
  function choose(names: readonly string[]): void {
    localStorage.setItem(key, names.join(' '));
    setChosen(names);
  }
  return [shown, choose];
}
