import { defineAnalytic } from '../define-analytic.ts';

export const turnOver = defineAnalytic({
  name: 'turn_over',
  kind: 'housekeeping',
  cadence_s: 0,
  serves: 'versions written for the future, when their time has come',
});
