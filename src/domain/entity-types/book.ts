import { defineEntityType } from '../define-entity-type.ts';
import { airtable, keywords, localDate, refs, text } from '../fields.ts';

export const book = defineEntityType({
  name: 'book',
  axis: { at: 'published' },
  timeline: false,
  label: ['label', 'title'],
  fields: {
    title: text(),
    label: text().optional(),
    author: text().optional(),
    published: localDate().optional(),
    formats: keywords(['audiobook', 'paperback', 'hardcover']).optional(),
    book_source_ids: refs('book_source').optional(),
    notes: text().optional(),
    ...airtable(),
  },
});
