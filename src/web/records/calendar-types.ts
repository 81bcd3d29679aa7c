import { typeAppearance } from './type-appearance.ts';
import { RECORD_TYPES } from './type-facts.ts';

/** The type that the calendar opens with. */
export const FIRST_CALENDAR_TYPE = 'habit_log';

/** Types whose records have a day worth a square, in the order of their names in the client. */
export const CALENDAR_TYPES: readonly string[] = RECORD_TYPES.filter((type) => type.timeline)
  .map((type) => type.name)
  .toSorted((a, b) => typeAppearance(a).many.localeCompare(typeAppearance(b).many));
