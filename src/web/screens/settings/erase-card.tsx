import { useRouteContext } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { useLoadedTypes } from '../../data/use-loaded-types.ts';
import { useStore } from '../../data/use-records.ts';
import { Combobox } from '../../forms/combobox.tsx';
import { findRecords, optionOf } from '../../forms/find-records.ts';
import { recordTitle } from '../../records/record-title.ts';
import { TypeOptions } from '../../records/type-options.tsx';
import { withLabels } from '../../records/with-labels.ts';
import { failureText } from '../../shell/failure-text.ts';
import { showToast } from '../../shell/toasts.ts';
import { useTimeZone } from '../../time/use-time-zone.ts';

/** What must be typed: a word that no hand types by accident. */
const CONFIRMATION = 'erase for good';

/** Erases one record with all its versions. Everything else here can be undone; this cannot. */
export function EraseCard() {
  const { data } = useRouteContext({ from: '/app' });
  const store = useStore();
  const time_zone = useTimeZone();
  const id = useId();
  const [type, setType] = useState('habit_log');
  const [chosen, setChosen] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  useLoadedTypes([type]);
  const record = chosen === null ? null : store.get(chosen);

  async function erase(): Promise<void> {
    if (record === null) return;
    const title = recordTitle(withLabels(record, store));
    try {
      const operation = { op: 'evict', id: record.id, entity_type: record.entity_type } as const;
      const outcome = await data.write(`Erase ${title}`, [operation], null);
      const is_done = outcome === 'saved';
      showToast({ text: `“${title}” ${is_done ? 'is erased for good.' : 'will be erased when the network is back.'}` });
      setChosen(null);
      setTyped('');
    } catch (error) {
      showToast({ text: failureText(error) });
    }
  }

  return (
    <section className="card" aria-labelledby="erase-heading">
      <h2 id="erase-heading">Erase for good</h2>
      <p className="settings-note">
        Deleting keeps a record’s history. Erasing removes the record and every version of it, and cannot be undone.
        Only the fact that something was erased remains.
      </p>
      <div className="list-controls">
        <label className="field">
          <span>Type</span>
          <select
            value={type}
            onChange={(event) => {
              setType(event.target.value);
              setChosen(null);
            }}
          >
            <TypeOptions />
          </select>
        </label>
        <div className="field search-field">
          <label htmlFor={`${id}-record`}>Record</label>
          <Combobox
            key={type}
            id={`${id}-record`}
            label="Records"
            shown={record === null ? '' : optionOf(record, store, time_zone).label}
            placeholder="Find by name"
            find={(text) => findRecords(store, type, text, time_zone)}
            choose={(option) => setChosen(option.id)}
          />
        </div>
      </div>
      {record !== null && (
        <form
          className="setting"
          onSubmit={(event) => {
            event.preventDefault();
            if (typed === CONFIRMATION) void erase();
          }}
        >
          <div className="field">
            <label htmlFor={`${id}-confirm`}>
              Type <strong>{CONFIRMATION}</strong> to confirm
            </label>
            <input
              id={`${id}-confirm`}
              className="input"
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </div>
          <button type="submit" className="button button-danger" disabled={typed !== CONFIRMATION}>
            Erase “{recordTitle(withLabels(record, store))}”
          </button>
        </form>
      )}
    </section>
  );
}
