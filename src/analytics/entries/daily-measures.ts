import { defineAnalytic } from '../define-analytic.ts';

export const dailyMeasures = defineAnalytic({
  name: 'daily_measures',
  kind: 'rollup',
  cadence_s: 0,
  key: ['user_id', 'entity_type', 'day', 'field', 'unit', 'of_id'],
  serves: 'dosage, repetitions, weight, severity: sum, least, greatest, count and last of a day',
});
