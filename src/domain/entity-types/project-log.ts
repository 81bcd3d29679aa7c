import { defineEntityType } from '../define-entity-type.ts';
import { instant, ref, text } from '../fields.ts';

export const projectLog = defineEntityType({
  name: 'project_log',
  axis: { from: 'beginning', until: 'end' },
  timeline: true,
  timer: { parent: 'project_id' },
  label: [],
  fields: {
    project_id: ref('project'),
    location_id: ref('location').optional(),
    beginning: instant(),
    end: instant().optional(),
    time_zone: text(),
    notes: text().optional(),
  },
});
