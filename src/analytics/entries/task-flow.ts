import { defineAnalytic } from '../define-analytic.ts';

export const taskFlow = defineAnalytic({
  name: 'task_flow',
  kind: 'rollup',
  cadence_s: 0,
  serves: 'tasks created, done and put off on a day',
});
