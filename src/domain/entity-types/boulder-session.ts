import { defineEntityType } from '../define-entity-type.ts';
import { airtable, instant, keyword, text } from '../fields.ts';

export const boulderSession = defineEntityType({
  name: 'boulder_session',
  axis: { from: 'beginning', until: 'end' },
  timeline: true,
  label: ['label', 'gym'],
  fields: {
    label: text().optional(),
    gym: text(),
    beginning: instant(),
    end: instant().optional(),
    rpe: keyword(['easy', 'moderate', 'hard', 'limit']).optional(),
    notes: text().optional(),
    ...airtable(),
  },
});
