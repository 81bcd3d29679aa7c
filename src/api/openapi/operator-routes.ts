import {
  driftsQuery,
  performanceQuery,
  refreshBody,
  refreshesQuery,
  slowQueriesQuery,
  slowQueryPath,
} from '../routes/ops.ts';
import {
  analyticsAnswer,
  driftsAnswer,
  performanceAnswer,
  planAnswer,
  refreshedAnswer,
  refreshesAnswer,
  slowQueriesAnswer,
  tripwiresAnswer,
} from './analytics-answers.ts';
import { type DescribedRoute, json } from './described-route.ts';

const operator = { tag: 'Operator', access: 'operator' } as const;

/** What operators ask of the API; imports are apart. */
export const OPERATOR_ROUTES: readonly DescribedRoute[] = [
  {
    ...operator,
    method: 'get',
    path: '/v1/ops/refreshes',
    summary: 'The newest refreshes of the analytics, with their durations',
    query: refreshesQuery,
    answer: json(refreshesAnswer),
  },
  {
    ...operator,
    method: 'post',
    path: '/v1/ops/refreshes',
    summary: 'Refreshes now, some or all, what changed or from scratch',
    body: json(refreshBody),
    answer: json(refreshedAnswer),
    failures: [409],
  },
  {
    ...operator,
    method: 'get',
    path: '/v1/ops/analytics',
    summary: 'What the cron keeps fresh',
    answer: json(analyticsAnswer),
  },
  {
    ...operator,
    method: 'get',
    path: '/v1/ops/drifts',
    summary: 'What drift checks found and healed',
    query: driftsQuery,
    answer: json(driftsAnswer),
  },
  {
    ...operator,
    method: 'get',
    path: '/v1/ops/tripwires',
    summary: 'Each limit, its value now and its trend',
    answer: json(tripwiresAnswer),
  },
  {
    ...operator,
    method: 'get',
    path: '/v1/ops/slow-queries',
    summary: 'Calls to the database by name, and the newest slow ones',
    query: slowQueriesQuery,
    answer: json(slowQueriesAnswer),
  },
  {
    ...operator,
    method: 'get',
    path: '/v1/ops/slow-queries/:name/plan',
    summary: 'How Postgres would run a statement that was slow',
    parameters: slowQueryPath,
    answer: json(planAnswer),
    failures: [404],
  },
  {
    ...operator,
    method: 'get',
    path: '/v1/ops/performance',
    summary: 'Requests, errors and latencies per route and hour',
    query: performanceQuery,
    answer: json(performanceAnswer),
  },
];
