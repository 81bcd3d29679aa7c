import { defineEntityType } from '../define-entity-type.ts';
import { airtable, instant, keyword, text } from '../fields.ts';

export const symptomEpisode = defineEntityType({
  name: 'symptom_episode',
  axis: { from: 'beginning', until: 'end' },
  timeline: true,
  label: [],
  fields: {
    beginning: instant(),
    end: instant().optional(),
    overall_severity: keyword(['mild', 'moderate', 'severe']).optional(),
    overall_impact: keyword(['low', 'medium', 'high']).optional(),
    notes: text().optional(),
    ...airtable(),
  },
});
