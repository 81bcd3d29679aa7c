import { defineAnalytic } from '../define-analytic.ts';

export const driftCheck = defineAnalytic({
  name: 'drift_check',
  kind: 'check',
  cadence_s: 86_400,
  serves: 'proof that the rollups equal their definitions: random buckets computed anew',
});
