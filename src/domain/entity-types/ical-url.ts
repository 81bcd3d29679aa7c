import { defineEntityType } from '../define-entity-type.ts';
import { bool, instant, keyword, text } from '../fields.ts';

export const icalUrl = defineEntityType({
  name: 'ical_url',
  axis: { at: ['refreshed_at', 'last_fetched'] },
  timeline: false,
  label: ['label', 'name', 'url'],
  fields: {
    url: text(),
    refreshed_at: instant().optional(),
    last_fetched: instant().optional(),
    source: text().optional(),
    active: bool().optional(),
    label: text().optional(),
    notes: text().optional(),
    visibility: keyword(['public', 'private']).optional(),
    name: text().optional(),
  },
});
