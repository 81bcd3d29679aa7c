import { defineEntityType } from '../define-entity-type.ts';
import { airtable, bool, instant, long, number, ref, text } from '../fields.ts';

/** Older sets belong to an exercise log; newer ones belong to a session and hold exercise lines. */
export const exerciseSet = defineEntityType({
  name: 'exercise_set',
  axis: { from: 'beginning', until: 'end' },
  timeline: false,
  label: [],
  fields: {
    exercise_id: ref('exercise').attribute('exercise/id').optional(),
    exercise_log_id: ref('exercise_log').attribute('exercise-log/id').optional(),
    session_id: ref('exercise_session').optional(),
    beginning: instant().attribute('exercise-set.interval/beginning', 'exercise-set/beginning'),
    end: instant().attribute('exercise-set.interval/end', 'exercise-set/end').optional(),
    global_median_end: bool().attribute('exercise-set.interval/global-median-end').optional(),
    auto_started: bool().optional(),
    auto_ended: bool().optional(),
    reps: long().optional(),
    distance: number().optional(),
    distance_unit: text().optional(),
    weight_amount: number().optional(),
    weight_unit: text().optional(),
    notes: text().optional(),
    ...airtable(),
    airtable_exercise_id: text().attribute('airtable/exercise-id').optional(),
    airtable_missing_duration: number().attribute('airtable/missing-duration').optional(),
  },
});
