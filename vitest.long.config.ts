import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** `npm run test:long`: what takes minutes to hours. */
export default defineConfig({ test: { ...config.test, include: ['test/long/**/*.test.ts'], exclude: [] } });
