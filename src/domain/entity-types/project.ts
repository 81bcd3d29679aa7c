import { defineEntityType } from '../define-entity-type.ts';
import { bool, text } from '../fields.ts';

export const project = defineEntityType({
  name: 'project',
  timeline: false,
  label: ['label'],
  fields: {
    label: text(),
    notes: text().optional(),
    sensitive: bool().optional(),
    archived: bool().optional(),
  },
});
