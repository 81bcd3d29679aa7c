import { defineEntityType } from '../define-entity-type.ts';
import { airtable, text } from '../fields.ts';

export const bookSource = defineEntityType({
  name: 'book_source',
  timeline: false,
  label: ['label'],
  fields: {
    label: text(),
    notes: text().optional(),
    ...airtable(),
  },
});
