import { defineEntityType } from '../define-entity-type.ts';
import { instant, refs, text } from '../fields.ts';

export const habitLog = defineEntityType({
  name: 'habit_log',
  axis: { at: 'timestamp' },
  timeline: true,
  label: [],
  fields: {
    timestamp: instant(),
    time_zone: text(),
    habit_ids: refs('habit'),
    notes: text().optional(),
  },
});
