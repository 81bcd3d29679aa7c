import { typeAppearance } from './type-appearance.ts';
import { RECORD_TYPES } from './type-facts.ts';

/** Every type of records, for a select. */
export function TypeOptions() {
  return RECORD_TYPES.map(({ name }) => (
    <option key={name} value={name}>
      {typeAppearance(name).many} ({name})
    </option>
  ));
}
