import { defineAnalytic } from '../define-analytic.ts';

export const monthsAhead = defineAnalytic({
  name: 'months_ahead',
  kind: 'housekeeping',
  cadence_s: 86_400,
  serves: 'writes: the next months of a log that is partitioned by month',
});
