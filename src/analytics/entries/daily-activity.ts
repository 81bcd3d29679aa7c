import { defineAnalytic } from '../define-analytic.ts';

export const dailyActivity = defineAnalytic({
  name: 'daily_activity',
  kind: 'rollup',
  cadence_s: 0,
  key: ['user_id', 'entity_type', 'day'],
  serves: 'calendar heatmaps, records and minutes by day',
});
