import type { RecordStore } from '../data/record-store.ts';
import type { ComboboxOption } from '../forms/combobox.tsx';
import { recentUses } from '../records/recent-uses.ts';
import { recordTitle } from '../records/record-title.ts';
import { typeAppearance } from '../records/type-appearance.ts';
import { RECORD_TYPES, typeFacts } from '../records/type-facts.ts';
import { withLabels } from '../records/with-labels.ts';

const MAX_FOUND = 40;

/** A type of things, and the type of the records about them: `habit` and `habit_log`. */
const LOG_TYPES: ReadonlyMap<string, string> = new Map(
  RECORD_TYPES.filter((type) => type.timeline).flatMap((type) => {
    const about = type.fields.find(
      (field) => field.target !== null && field.target !== 'location' && !field.is_optional,
    );
    return about?.target == null ? [] : [[about.target, type.name] as const];
  }),
);

/** Types whose records have a name of their own, and records about them. */
export const PARENT_TYPES: readonly string[] = [...LOG_TYPES.keys()].filter(
  (name) => typeFacts(name).from.length === 0 || name === 'book',
);

/** What can be added for what was typed: lately used first, then kinds, then things with a name. */
export function findAddable(store: RecordStore, text: string): ComboboxOption[] {
  const wanted = text.toLocaleLowerCase();
  const found = new Map<string, ComboboxOption>();
  const offer = (option: ComboboxOption): void => {
    if (found.size < MAX_FOUND && !found.has(option.id) && option.label.toLocaleLowerCase().includes(wanted))
      found.set(option.id, option);
  };
  for (const { type, parent } of recentUses()) {
    if (parent === null) offer(kindOption(type));
    else {
      const option = thingOption(store, type, parent);
      if (option !== null) offer(option);
    }
  }
  for (const { name } of [...RECORD_TYPES].sort((a, b) => Number(b.timeline) - Number(a.timeline)))
    offer(kindOption(name));
  if (wanted !== '') {
    for (const parent_type of PARENT_TYPES) {
      const log_type = LOG_TYPES.get(parent_type);
      if (log_type === undefined) continue;
      for (const record of store.snapshot(parent_type).records) {
        if (record.archived === true) continue;
        const option = thingOption(store, log_type, record.id);
        if (option !== null) offer(option);
      }
    }
  }
  return [...found.values()].sort((a, b) => rank(a, wanted) - rank(b, wanted));
}

/** What starts with the words comes before what has them somewhere; else the order stays. */
function rank(option: ComboboxOption, wanted: string): number {
  return wanted === '' || option.label.toLocaleLowerCase().startsWith(wanted) ? 0 : 1;
}

function kindOption(type: string): ComboboxOption {
  // Two kinds of one name, a habit and its record, say, are told apart by what they are.
  const note = typeFacts(type).timeline ? 'Record' : 'Thing';
  return { id: type, label: typeAppearance(type).one, note };
}

function thingOption(store: RecordStore, log_type: string, parent: string): ComboboxOption | null {
  const record = store.get(parent);
  if (record === null) return null;
  const type = typeFacts(log_type);
  const { one } = typeAppearance(log_type);
  return {
    id: `${log_type} ${parent}`,
    label: recordTitle(withLabels(record, store)),
    note: type.timer_parent === null ? one : `Start ${one.toLowerCase()}`,
  };
}
