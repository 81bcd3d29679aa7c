import { defineEntityType } from '../define-entity-type.ts';
import { airtable, bool, text } from '../fields.ts';

export const location = defineEntityType({
  name: 'location',
  timeline: false,
  label: ['label', 'name'],
  fields: {
    label: text(),
    notes: text().optional(),
    sensitive: bool().optional(),
    archived: bool().optional(),
    name: text().optional(),
    ...airtable(),
  },
});
