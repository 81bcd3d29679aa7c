import { defineEntityType } from '../define-entity-type.ts';
import { airtable, bool, text } from '../fields.ts';

export const habit = defineEntityType({
  name: 'habit',
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
