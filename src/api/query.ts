import type { Context, Env, MiddlewareHandler } from 'hono';
import type { InferInput } from 'hono/validator';
import type * as z from 'zod';
import { invalid, problemsOf } from './invalid.ts';

type Validated<Place extends 'query' | 'param', S extends z.ZodObject, E extends Env> = MiddlewareHandler<
  E,
  string,
  { in: { [_ in Place]: InferInput<z.input<S>, Place> }; out: { [_ in Place]: z.output<S> } }
>;

/** Validates the query string; a problem is an AN422 that names the parameter. */
export function query<S extends z.ZodObject, E extends Env>(schema: S): Validated<'query', S, E> {
  return async function query(c, next) {
    const given = Object.entries(c.req.queries()).map(([name, values]) => [
      name,
      values.length > 1 ? values : values[0],
    ]);
    c.req.addValidatedData('query', parsed(schema, Object.fromEntries(given)));
    await next();
  };
}

/** Validates the path's parameters. */
export function path<S extends z.ZodObject, E extends Env>(schema: S): Validated<'param', S, E> {
  return async function path(c: Context, next) {
    c.req.addValidatedData('param', parsed(schema, c.req.param()));
    await next();
  };
}

function parsed(schema: z.ZodObject, given: unknown): object {
  const { success, data, error } = schema.safeParse(given);
  if (!success) throw invalid(problemsOf(error));
  return data;
}
