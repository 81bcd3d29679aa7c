import { defineAnalytic } from '../define-analytic.ts';

export const dailyRelated = defineAnalytic({
  name: 'daily_related',
  kind: 'rollup',
  cadence_s: 0,
  serves: 'records and minutes of each habit, project, book, medication, exercise',
});
