import { defineEntityType } from '../define-entity-type.ts';
import { keyword, long, number, ref, text } from '../fields.ts';

export const exerciseLine = defineEntityType({
  name: 'exercise_line',
  timeline: false,
  label: [],
  fields: {
    set_id: ref('exercise_set'),
    exercise_id: ref('exercise'),
    reps: long().optional(),
    weight: number().optional(),
    weight_unit: keyword(['lbs', 'kg']).optional(),
    distance: number().optional(),
    distance_unit: keyword(['miles', 'km', 'meters']).optional(),
    notes: text().optional(),
  },
});
