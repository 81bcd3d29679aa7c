import { defineAnalytic } from '../define-analytic.ts';

export const pruneLogs = defineAnalytic({
  name: 'prune_logs',
  kind: 'housekeeping',
  cadence_s: 86_400,
  serves: 'room: old lines of the refresh log and old measurements',
});
