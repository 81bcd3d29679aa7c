import { defineEntityType } from '../define-entity-type.ts';
import { text } from '../fields.ts';

export const medication = defineEntityType({
  name: 'medication',
  timeline: false,
  label: ['label'],
  fields: {
    label: text(),
    notes: text().optional(),
  },
});
