import { defineAnalytic } from '../define-analytic.ts';

export const dailyMeasures = defineAnalytic({
  name: 'daily_measures',
  kind: 'rollup',
  cadence_s: 0,
  serves: 'dosage, repetitions, weight, severity: sum, least, greatest, count and last of a day',
});
