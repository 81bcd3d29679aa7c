import type * as z from 'zod';
import { isRepeatable } from '../basis.ts';
import type { HEADERS } from './described-headers.ts';

/** A route as the OpenAPI document tells it. The schemas of what comes in are those that the route itself validates by. */
export interface DescribedRoute {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Hono has it: `:name` is a parameter. */
  readonly path: string;
  readonly tag: 'Records' | 'Transactions' | 'History' | 'Screens' | 'Copies' | 'Schemas' | 'Operator' | 'Imports';
  readonly summary: string;
  readonly parameters?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: readonly (keyof typeof HEADERS)[];
  /** By content type; null is a document of the entity type in the path. */
  readonly body?: Readonly<Record<string, z.ZodType | null>>;
  readonly isBodyOptional?: boolean;
  /** By content type. */
  readonly answer: Readonly<Record<string, z.ZodType>>;
  /** Statuses beside those that every route has that takes the same (`statusesOf`). */
  readonly failures?: readonly number[];
  readonly access?: 'public' | 'operator';
  /** It answers 201 when there is something new, else 200. */
  readonly creates?: boolean;
}

/** The headers that a route takes: its own, and those of every read of a user's records. */
export function headersOf({ method, path, headers = [], access }: DescribedRoute): (keyof typeof HEADERS)[] {
  if (method !== 'get' || access !== undefined) return [...headers];
  return [...headers, ...(isRepeatable(path) ? (['Basis'] as const) : []), 'Position'];
}

/** What comes in or goes out as JSON. */
export const json = (schema: z.ZodType) => ({ 'application/json': schema });
