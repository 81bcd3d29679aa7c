import { typeAppearance } from './type-appearance.ts';

/** The type that the calendar opens with. */
export const FIRST_CALENDAR_TYPE = 'habit_log';

/** Types whose records have a day worth a square, in the order of their names in the client. */
export const CALENDAR_TYPES: readonly string[] = TIMELINE_TYPES.toSorted((a, b) =>
  typeAppearance(a).many.localeCompare(typeAppearance(b).many),
);
