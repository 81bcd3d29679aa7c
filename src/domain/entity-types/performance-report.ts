import { defineEntityType } from '../define-entity-type.ts';
import { instant, json, text } from '../fields.ts';

/** What an instance of the first app measured; put again each minute, so that its history is the time series. */
export const performanceReport = defineEntityType({
  name: 'performance_report',
  hasUser: false,
  axis: { at: 'generated_at' },
  timeline: false,
  label: ['instance_id'],
  fields: {
    instance_id: text(),
    instance_started_at: instant(),
    generated_at: instant(),
    git_sha: text(),
    pstats: json(),
  },
});
