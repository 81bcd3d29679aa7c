import { defineEntityType } from '../define-entity-type.ts';
import { bool, instant, keyword, text } from '../fields.ts';

export const calendarEvent = defineEntityType({
  name: 'calendar_event',
  axis: { from: 'beginning', until: 'end' },
  timeline: true,
  label: ['label', 'summary'],
  fields: {
    label: text(),
    source: keyword(['gleanmo']),
    summary: text().optional(),
    description: text().optional(),
    notes: text().optional(),
    beginning: instant().optional(),
    end: instant().optional(),
    time_zone: text().optional(),
    all_day: bool().optional(),
    color_neon: keyword(['blue', 'cyan', 'green', 'violet', 'red', 'orange']).optional(),
    sensitive: bool().optional(),
  },
});
