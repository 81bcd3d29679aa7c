import type { InputOptions } from 'rolldown';

/** How imports of a Worker are resolved: as wrangler would for workerd. */
export const WORKER_RESOLUTION: InputOptions = {
  platform: 'neutral',
  resolve: {
    mainFields: ['browser', 'module', 'main'],
    conditionNames: ['workerd', 'worker', 'browser', 'import'],
  },
  logLevel: 'silent',
};
