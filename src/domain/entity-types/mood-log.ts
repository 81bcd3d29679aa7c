import { defineEntityType } from '../define-entity-type.ts';
import { airtable, instant, keyword, keywords, text } from '../fields.ts';

export const moodLog = defineEntityType({
  name: 'mood_log',
  axis: { at: 'timestamp' },
  timeline: true,
  label: ['valence'],
  fields: {
    timestamp: instant(),
    valence: keyword(['very-unpleasant', 'unpleasant', 'neutral', 'pleasant', 'very-pleasant']),
    arousal: keyword(['very-low', 'low', 'moderate', 'high', 'very-high']).optional(),
    stress: keyword(['very-low', 'low', 'moderate', 'high', 'very-high']).optional(),
    tags: keywords(['social', 'work', 'health', 'family', 'travel', 'other']).optional(),
    notes: text().optional(),
    ...airtable(),
  },
});
