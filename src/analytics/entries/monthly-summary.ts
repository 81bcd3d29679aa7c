import { defineAnalytic } from '../define-analytic.ts';

export const monthlySummary = defineAnalytic({
  name: 'monthly_summary',
  kind: 'materialized_view',
  cadence_s: 300,
  serves: 'records, minutes, active days and the busiest day of each month',
});
