import { defineEntityType } from '../define-entity-type.ts';
import { bool, instant, keyword, ref, text } from '../fields.ts';

export const meditationLog = defineEntityType({
  name: 'meditation_log',
  axis: { from: 'beginning', until: 'end' },
  timeline: true,
  timer: { parent: 'type_id' },
  label: [],
  fields: {
    type_id: ref('meditation'),
    location_id: ref('location'),
    beginning: instant(),
    end: instant().optional(),
    time_zone: text(),
    position: keyword(['sitting', 'lying', 'walking', 'standing', 'moving']),
    guided: bool(),
    interrupted: bool(),
    sequence_completed: bool().optional(),
    notes: text().optional(),
  },
});
