import { defineEntityType } from '../define-entity-type.ts';
import { airtable, bool, instant, number, ref, text } from '../fields.ts';

export const exerciseLog = defineEntityType({
  name: 'exercise_log',
  axis: { from: 'beginning', until: 'end' },
  timeline: true,
  label: [],
  fields: {
    exercise_session_id: ref('exercise_session').attribute('exercise-session/id'),
    beginning: instant().attribute('exercise-log.interval/beginning'),
    end: instant().attribute('exercise-log.interval/end').optional(),
    global_median_end: bool().attribute('exercise-log.interval/global-median-end').optional(),
    notes: text().optional(),
    ...airtable(),
    airtable_missing_duration: number().attribute('airtable/missing-duration').optional(),
  },
});
