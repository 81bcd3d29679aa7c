import { defineEntityType } from '../define-entity-type.ts';
import { airtable, boolOr, instant, keyword, text } from '../fields.ts';

const older = airtable();

export const bmLog = defineEntityType({
  name: 'bm_log',
  axis: { at: 'timestamp' },
  timeline: true,
  label: [],
  fields: {
    timestamp: instant(),
    bristol: keyword([
      'b1-hard-clumps',
      'b2-lumpy-log',
      'b3-cracked-log',
      'b4-smooth-log',
      'b5-soft-blobs',
      'b6-mushy-ragged',
      'b7-liquid',
      'n-a',
    ]),
    pace: keyword(['quick', 'typical', 'long', 'n-a']),
    color: keyword(['brown', 'yellow', 'green', 'black', 'red', 'grey', 'n-a']),
    blood: keyword(['none', 'trace', 'visible', 'lots', 'n-a']),
    mucus: boolOr('n-a'),
    urgency: keyword(['none', 'mild', 'moderate', 'severe', 'n-a']),
    incontinence: boolOr('n-a'),
    straining: boolOr('n-a'),
    odor: keyword(['normal', 'foul', 'metallic', 'sweet', 'sour', 'n-a']),
    size: keyword(['small', 'medium', 'large', 'n-a']),
    anxiety: keyword(['none', 'mild', 'moderate', 'severe', 'n-a']),
    feeling_of_completeness: keyword(['complete', 'incomplete', 'unsure', 'n-a']),
    ease_of_passage: keyword(['easy', 'normal', 'difficult', 'very-difficult', 'n-a']),
    notes: text().optional(),
    ...older,
    // The first port from Airtable put these two in the wrong namespace.
    airtable_id: older.airtable_id.attribute('airtable/id', 'bm-log/airtable-id'),
    airtable_created_time: older.airtable_created_time.attribute(
      'airtable/created-time',
      'bm-log/airtable-created-time',
    ),
  },
});
