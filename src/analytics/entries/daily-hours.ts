import { defineAnalytic } from '../define-analytic.ts';

export const dailyHours = defineAnalytic({
  name: 'daily_hours',
  kind: 'rollup',
  cadence_s: 0,
  serves: 'the profile of a week, weekday by hour',
});
