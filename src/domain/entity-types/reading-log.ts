import { defineEntityType } from '../define-entity-type.ts';
import { airtable, bool, instant, keyword, ref, text } from '../fields.ts';

export const readingLog = defineEntityType({
  name: 'reading_log',
  axis: { from: 'beginning', until: 'end' },
  timeline: true,
  timer: { parent: 'book_id' },
  label: [],
  fields: {
    book_id: ref('book'),
    location_id: ref('location').optional(),
    beginning: instant(),
    end: instant().optional(),
    time_zone: text(),
    format: keyword(['audiobook', 'paperback', 'hardcover']).optional(),
    finished: bool().attribute('reading-log/finished?').optional(),
    notes: text().optional(),
    ...airtable(),
    airtable_original_location: text().attribute('airtable/original-location').optional(),
  },
});
