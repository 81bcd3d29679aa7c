import { typeAppearance } from './type-appearance.ts';
import type { FieldFacts } from './type-facts.ts';

const NAMES: Readonly<Record<string, string>> = {
  bp_systolic: 'Blood pressure, systolic',
  bp_diastolic: 'Blood pressure, diastolic',
  spo2: 'Oxygen saturation',
  rpe: 'Effort (RPE)',
  temp: 'Temperature',
  temp_unit: 'Temperature unit',
  timestamp: 'When',
  occurred_at: 'When',
  beginning: 'Start',
  end: 'End',
  time_zone: 'Time zone',
  url: 'Address',
  type_id: 'Meditation',
  color_neon: 'Colour',
  color: 'Colour',
  odor: 'Odour',
  due_on: 'Due',
  snooze_until: 'Snoozed until',
  book_source_ids: 'Sources',
};

/** What a field is called in forms, columns and diffs: `habit_ids` is Habits. */
export function fieldName(field: Pick<FieldFacts, 'name' | 'kind' | 'target'>): string {
  const known = NAMES[field.name];
  if (known !== undefined) return known;
  if (field.target !== null && /_ids?$/.test(field.name)) {
    const { one, many } = typeAppearance(field.target);
    return field.kind === 'refs' ? many : one;
  }
  return inWords(field.name.replace(/_ids?$/, ''));
}

/** @example inWords('stomach-ache') // 'Stomach ache' */
export function inWords(name: string): string {
  if (name === 'n-a') return 'n/a';
  const words = name.replaceAll(/[-_]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
