import { useRouteContext } from '@tanstack/react-router';
import { useId } from 'react';
import { isoSeconds } from '../../domain/time/zoned-time.ts';
import { useLoadedTypes } from '../data/use-loaded-types.ts';
import { useStore } from '../data/use-records.ts';
import { Combobox, type ComboboxOption } from '../forms/combobox.tsx';
import { newValues } from '../forms/form-values.ts';
import { rememberUse } from '../records/recent-uses.ts';
import { recordTitle } from '../records/record-title.ts';
import { typeAppearance } from '../records/type-appearance.ts';
import { typeFacts } from '../records/type-facts.ts';
import { withLabels } from '../records/with-labels.ts';
import { Sheet } from '../sheet/sheet.tsx';
import { useSheet } from '../sheet/use-sheet.ts';
import { failureText } from '../shell/failure-text.ts';
import { showToast } from '../shell/toasts.ts';
import { useTimeZone } from '../time/use-time-zone.ts';
import { findAddable, PARENT_TYPES } from './find-addable.ts';

/**
 * Adds anything from anywhere: type a kind or the name of a habit, a project, a book. What needs nothing more is written
 * at once; for the rest the form opens, filled in as far as can be known.
 */
export function QuickAdd({ close }: { close: () => void }) {
  const { data } = useRouteContext({ from: '/app' });
  const store = useStore();
  const time_zone = useTimeZone();
  const { add } = useSheet();
  const id = useId();
  useLoadedTypes([...PARENT_TYPES]);

  async function choose(option: ComboboxOption): Promise<void> {
    const [type_name = '', parent_id] = option.id.split(' ');
    const parent = parent_id === undefined ? null : store.get(parent_id);
    close();
    const type = typeFacts(type_name);
    const values = newValues(type, { now: isoSeconds(Date.now()), time_zone, parent, store });
    const is_whole = type.fields.every((field) => field.is_optional || values[field.name] !== undefined);
    if (parent === null || !is_whole) {
      add(type_name, parent_id);
      return;
    }
    const title = recordTitle(withLabels(parent, store));
    const { one } = typeAppearance(type_name);
    try {
      const operation = { op: 'put', id: crypto.randomUUID(), entity_type: type_name, doc: values } as const;
      const done = type.timer_parent === null ? `${one} “${title}” added.` : `Timer for “${title}” started.`;
      await data.write(`Add ${title}`, [operation], done);
      rememberUse(type_name, parent.id);
    } catch (error) {
      showToast({ text: failureText(error) });
    }
  }

  return (
    <Sheet label="Add a record" close={close} is_palette>
      <div className="quick-add">
        <label htmlFor={id}>What do you want to add?</label>
        <Combobox
          id={id}
          label="Kinds and names"
          auto_focus
          is_always_open
          shown=""
          placeholder="A kind, or a name: task, morning walk…"
          find={(text) => findAddable(store, text)}
          choose={(option) => void choose(option)}
          none="Nothing is called so. Choose a kind first: a form can make what is missing."
        />
      </div>
    </Sheet>
  );
}
