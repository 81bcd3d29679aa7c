import { useRouteContext } from '@tanstack/react-router';
import { useId, useState } from 'react';
import type { Json } from '../../../api/answer-types.ts';
import { isTimeZone } from '../../../domain/time/zoned-time.ts';
import { useRecords } from '../../data/use-records.ts';
import { failureText } from '../../shell/failure-text.ts';
import { ThemeChoice } from '../../shell/theme-choice.tsx';
import { showToast } from '../../shell/toasts.ts';
import { useTimeZone } from '../../time/use-time-zone.ts';
import { EraseCard } from './erase-card.tsx';
import { ExportCard } from './export-card.tsx';

/** What is shown, in which zone and colours; and the ways out: export, and erasure. */
export function SettingsScreen() {
  const { data, moment } = useRouteContext({ from: '/app' });
  const { records, state } = useRecords('user');
  const [user] = records;
  const time_zone = useTimeZone();

  async function set(field: string, value: Json, done: string): Promise<void> {
    if (user === undefined) return;
    const operation = {
      op: 'patch',
      id: user.id,
      entity_type: 'user',
      set: { [`/${field}`]: value },
      unset: [],
    } as const;
    try {
      await data.write('Change the settings', [operation], done);
    } catch (error) {
      showToast({ text: failureText(error) });
    }
  }

  const is_locked = user === undefined || moment !== null;
  return (
    <>
      <title>Settings · Annals</title>
      <header className="screen-header">
        <h1>Settings</h1>
        <p>What you see, and what leaves with you.</p>
      </header>
      <div className="settings">
        <section className="card" aria-labelledby="settings-shown">
          <h2 id="settings-shown">What is shown</h2>
          {state === 'complete' && user === undefined && (
            <p className="settings-note">This account has no record of its own yet, so these cannot be kept.</p>
          )}
          <Switch
            name="Sensitive records"
            note="Records that are marked sensitive, and all that is about them."
            checked={user?.show_sensitive === true}
            disabled={is_locked}
            change={(on) =>
              set('show_sensitive', on, on ? 'Sensitive records are shown.' : 'Sensitive records are hidden.')
            }
          />
          <Switch
            name="Archived records"
            note="What you have put away."
            checked={user?.show_archived === true}
            disabled={is_locked}
            change={(on) =>
              set('show_archived', on, on ? 'Archived records are shown.' : 'Archived records are hidden.')
            }
          />
        </section>
        <section className="card" aria-labelledby="settings-place">
          <h2 id="settings-place">Time and looks</h2>
          <ZoneSetting
            key={time_zone}
            zone={time_zone}
            disabled={is_locked}
            save={(zone) => set('time_zone', zone, `Days now begin at midnight in ${zone.replaceAll('_', ' ')}.`)}
          />
          <div className="setting">
            <div className="setting-text">
              <span>Theme</span>
              <span className="settings-note">On this device.</span>
            </div>
            <ThemeChoice name="settings-theme" />
          </div>
        </section>
        <ExportCard />
        {moment === null && <EraseCard />}
      </div>
    </>
  );
}

function Switch(props: {
  name: string;
  note: string;
  checked: boolean;
  disabled: boolean;
  change: (on: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="setting">
      <div className="setting-text">
        <label htmlFor={id}>{props.name}</label>
        <span className="settings-note" id={`${id}-note`}>
          {props.note}
        </span>
      </div>
      <input
        id={id}
        type="checkbox"
        role="switch"
        aria-checked={props.checked}
        className="switch"
        aria-describedby={`${id}-note`}
        checked={props.checked}
        disabled={props.disabled}
        onChange={(event) => props.change(event.target.checked)}
      />
    </div>
  );
}

function ZoneSetting({ zone, disabled, save }: { zone: string; disabled: boolean; save: (zone: string) => void }) {
  const id = useId();
  const [typed, setTyped] = useState(zone);
  const is_known = isTimeZone(typed);
  return (
    <form
      className="setting"
      onSubmit={(event) => {
        event.preventDefault();
        if (is_known) save(typed);
      }}
    >
      <div className="setting-text">
        <label htmlFor={id}>Time zone</label>
        <span className="settings-note" id={`${id}-note`}>
          {is_known ? 'Where your days begin, for records that name no zone.' : 'There is no zone of this name.'}
        </span>
      </div>
      <div className="input-row">
        <input
          id={id}
          className="input"
          list={`${id}-zones`}
          value={typed}
          disabled={disabled}
          aria-invalid={!is_known}
          aria-describedby={`${id}-note`}
          onChange={(event) => setTyped(event.target.value)}
        />
        <datalist id={`${id}-zones`}>
          {Intl.supportedValuesOf('timeZone').map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
        {typed !== zone && (
          <button type="submit" className="button button-primary" disabled={!is_known}>
            Save
          </button>
        )}
      </div>
    </form>
  );
}
