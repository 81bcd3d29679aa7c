import type { RouterRoute } from 'hono/types';

/**
 * The methods that the routes of this path take, HEAD and OPTIONS included; none where there is no such address. Of several
 * routes those with the fewest parameters are meant: `/v1/entities/:id/history`, not `/v1/entities/:type/:id`.
 */
export function allowedMethods(routes: readonly RouterRoute[], path: string): string[] {
  const fitting = routes.filter(
    (route) => route.method !== 'ALL' && !route.path.endsWith('*') && patternOf(route.path).test(path),
  );
  if (fitting.length === 0) return [];
  const fewest = Math.min(...fitting.map(parameterCount));
  const methods = new Set(fitting.filter((route) => parameterCount(route) === fewest).map((route) => route.method));
  if (methods.has('GET')) methods.add('HEAD');
  methods.add('OPTIONS');
  return [...methods].sort();
}

const parameterCount = ({ path }: RouterRoute): number => path.split('/:').length;

const patterns = new Map<string, RegExp>();

/** A route's path as a pattern: `:name` is one step. */
function patternOf(path: string): RegExp {
  let pattern = patterns.get(path);
  if (pattern === undefined) {
    const steps = path
      .split('/')
      .map((step) => (step.startsWith(':') ? '[^/]+' : step.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
    pattern = new RegExp(`^${steps.join('/')}$`);
    patterns.set(path, pattern);
  }
  return pattern;
}
