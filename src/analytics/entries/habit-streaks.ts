import { defineAnalytic } from '../define-analytic.ts';

export const habitStreaks = defineAnalytic({
  name: 'habit_streaks',
  kind: 'materialized_view',
  cadence_s: 300,
  serves: 'the last and longest streak of each habit, and its longest gap',
});
