import type { RouterRoute } from 'hono/types';

/** The methods that some route takes at this path, HEAD and OPTIONS included; none where there is no such address. */
export function allowedMethods(routes: readonly RouterRoute[], path: string): string[] {
  const methods = new Set(
    routes
      .filter((route) => route.method !== 'ALL' && !route.path.endsWith('*') && patternOf(route.path).test(path))
      .map((route) => route.method),
  );
  if (methods.size === 0) return [];
  if (methods.has('GET')) methods.add('HEAD');
  methods.add('OPTIONS');
  return [...methods].sort();
}

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
