import { defineAnalytic } from '../define-analytic.ts';

export const dailyActivity = defineAnalytic({
  name: 'daily_activity',
  kind: 'rollup',
  cadence_s: 0,
  serves: 'calendar heatmaps, records and minutes by day',
});
