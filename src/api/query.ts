import { zValidator } from '@hono/zod-validator';
import type { ZodType } from 'zod';
import { invalid, problemsOf } from './invalid.ts';

/** Validates the query string; a problem is an AN422 that names the parameter. */
export const query = <S extends ZodType>(schema: S) =>
  zValidator('query', schema, (result) => {
    if (!result.success) throw invalid(problemsOf(result.error));
  });

/** Validates the path's parameters. */
export const path = <S extends ZodType>(schema: S) =>
  zValidator('param', schema, (result) => {
    if (!result.success) throw invalid(problemsOf(result.error));
  });
