import { defineEntityType } from '../define-entity-type.ts';
import { airtable, long, text } from '../fields.ts';

export const exercise = defineEntityType({
  name: 'exercise',
  timeline: false,
  label: ['label'],
  fields: {
    label: text(),
    source: text().optional(),
    notes: text().optional(),
    ...airtable(),
    airtable_exercise_log: text().attribute('airtable/exercise-log').optional(),
    airtable_log_count: long().attribute('airtable/log-count').optional(),
  },
});
