import { defineEntityType } from '../define-entity-type.ts';
import { instant, text } from '../fields.ts';

export const exerciseSession = defineEntityType({
  name: 'exercise_session',
  axis: { from: 'beginning', until: 'end' },
  timeline: true,
  label: ['label'],
  fields: {
    beginning: instant(),
    end: instant().optional(),
    label: text().optional(),
    notes: text().optional(),
  },
});
