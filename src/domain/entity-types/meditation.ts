import { defineEntityType } from '../define-entity-type.ts';
import { text } from '../fields.ts';

export const meditation = defineEntityType({
  name: 'meditation',
  timeline: false,
  label: ['label', 'name'],
  fields: {
    label: text(),
    notes: text().optional(),
    name: text().optional(),
  },
});
