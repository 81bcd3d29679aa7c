import { RestProblem } from './rest-problem.ts';

/** The header Prefer (RFC 7240), as PostgREST reads it. Null is: not said. */
export interface Preferences {
  readonly representation: 'minimal' | 'headers-only' | 'representation' | null;
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates' | null;
  readonly count: 'exact' | 'planned' | 'estimated' | null;
  /** Only with handling=strict, as in PostgREST. */
  readonly maxAffected: number | null;
  /** What the header Preference-Applied says; empty: no header. */
  readonly applied: string;
}

const KNOWN = {
  return: ['minimal', 'headers-only', 'representation'],
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  count: ['exact', 'planned', 'estimated'],
  handling: ['strict', 'lenient'],
} as const;
type Name = keyof typeof KNOWN;

/** @throws RestProblem PGRST122 for a preference that nobody knows, with handling=strict */
export function readPreferences(header: string | undefined): Preferences {
  const words = (header ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const said = new Map<string, string>();
  for (const word of words) {
    const [name = '', value = ''] = word.split('=').map((part) => part.trim());
    // RFC 7240: of several with one name the first counts.
    if (!said.has(name)) said.set(name, value);
  }
  const strict = said.get('handling') === 'strict';
  const max = /^\d{1,9}$/.exec(said.get('max-affected') ?? '')?.[0];
  const unknown = [...said].filter(
    ([name, value]) =>
      !(isKnown(name)
        ? (KNOWN[name] as readonly string[]).includes(value)
        : name === 'max-affected' && max !== undefined),
  );
  if (strict && unknown.length > 0) {
    throw new RestProblem(400, 'PGRST122', 'Invalid preferences given with handling=strict', {
      details: `Invalid preferences: ${unknown.map((pair) => pair.join('=')).join(', ')}`,
    });
  }
  const maxAffected = strict && max !== undefined ? Number(max) : null;
  const one = <N extends Name>(name: N): (typeof KNOWN)[N][number] | null => {
    const known: readonly (typeof KNOWN)[N][number][] = KNOWN[name];
    return known.find((value) => value === said.get(name)) ?? null;
  };
  const names: Name[] = ['resolution', 'return', 'count', 'handling'];
  const applied = names.flatMap((name) => (one(name) === null ? [] : [`${name}=${one(name)}`]));
  if (maxAffected !== null) applied.push(`max-affected=${maxAffected}`);
  return {
    representation: one('return'),
    resolution: one('resolution'),
    count: one('count'),
    maxAffected,
    applied: applied.join(', '),
  };
}

const isKnown = (name: string): name is Name => Object.hasOwn(KNOWN, name);
