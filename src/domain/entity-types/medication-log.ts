import { defineEntityType } from '../define-entity-type.ts';
import { airtable, double, instant, keyword, ref, text } from '../fields.ts';

export const medicationLog = defineEntityType({
  name: 'medication_log',
  axis: { at: 'timestamp' },
  timeline: true,
  label: [],
  fields: {
    timestamp: instant(),
    medication_id: ref('medication'),
    dosage: double(),
    unit: keyword([
      'mg',
      'mcg',
      'g',
      'ml',
      'capsule',
      'tablet',
      'pill',
      'drop',
      'sprays',
      'units',
      'glob',
      'patch',
      'puff',
      'other',
    ]),
    injection_site: keyword(['left-thigh', 'right-thigh', 'left-lower-belly', 'right-lower-belly']).optional(),
    notes: text().optional(),
    ...airtable(),
  },
});
