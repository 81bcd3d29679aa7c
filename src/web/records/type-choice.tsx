import { CALENDAR_TYPES } from './calendar-types.ts';
import { typeAppearance } from './type-appearance.ts';

/** Which type a screen of days is of: those that have days, and the one that the address names. */
export function TypeChoice({ type, choose }: { type: string; choose: (type: string) => void }) {
  return (
    <label className="field">
      <span>Type</span>
      <select value={type} onChange={(event) => choose(event.target.value)}>
        {[...new Set([...CALENDAR_TYPES, type])].map((each) => (
          <option key={each} value={each}>
            {typeAppearance(each).many}
          </option>
        ))}
      </select>
    </label>
  );
}
