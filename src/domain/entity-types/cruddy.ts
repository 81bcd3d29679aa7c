import { defineEntityType } from '../define-entity-type.ts';
import { bool, double, instant, keyword, long, number, ref, refs, text } from '../fields.ts';

/** A type with one field of each kind, which the first app tried its forms on. */
export const cruddy = defineEntityType({
  name: 'cruddy',
  axis: { at: 'timestamp' },
  timeline: false,
  label: ['label'],
  fields: {
    label: text(),
    notes: text().optional(),
    timestamp: instant(),
    other_timestamp: instant().optional(),
    time_zone: text(),
    num: number(),
    bool: bool(),
    integer: long(),
    float: double().optional(),
    enum: keyword(['a', 'b', 'c']),
    single_relation: ref('habit'),
    another_single_relation: ref('location'),
    set_relation: refs('habit'),
    other_text: text().optional(),
    sensitive: bool().optional(),
    archived: bool().optional(),
  },
});
