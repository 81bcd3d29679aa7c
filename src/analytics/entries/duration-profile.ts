import { defineAnalytic } from '../define-analytic.ts';

export const durationProfile = defineAnalytic({
  name: 'duration_profile',
  kind: 'materialized_view',
  cadence_s: 3_600,
  serves: 'median and percentiles of how long records last',
});
