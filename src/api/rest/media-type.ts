import { RestProblem } from './rest-problem.ts';

/** The forms of an answer. */
export interface MediaType {
  readonly form: 'array' | 'object' | 'csv';
  readonly isNullsStripped: boolean;
  readonly contentType: string;
}

const ARRAY: MediaType = { form: 'array', isNullsStripped: false, contentType: 'application/json; charset=utf-8' };

/** The form that there is and that the header Accept likes best, of equals the first. @throws RestProblem PGRST107 (406) when it takes none */
export function mediaType(accept: string | undefined): MediaType {
  const types = (accept ?? '*/*')
    .split(',')
    .map((type) => type.split(';').map((part) => part.trim().toLowerCase()))
    .map((parts) => ({ parts, weight: weightOf(parts) }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  for (const { parts } of types) {
    const [name = '', ...parameters] = parts;
    const isNullsStripped = parameters.includes('nulls=stripped');
    if (name === '*/*' || name === 'application/*' || name === 'application/json') return ARRAY;
    if (name === 'application/vnd.pgrst.object+json' || name === 'application/vnd.pgrst.object') {
      return { form: 'object', isNullsStripped, contentType: 'application/vnd.pgrst.object+json; charset=utf-8' };
    }
    if (name === 'application/vnd.pgrst.array+json' || name === 'application/vnd.pgrst.array') {
      return { form: 'array', isNullsStripped, contentType: 'application/vnd.pgrst.array+json; charset=utf-8' };
    }
    if (name === 'text/csv' || name === 'text/*')
      return { form: 'csv', isNullsStripped: false, contentType: 'text/csv; charset=utf-8' };
  }
  throw new RestProblem(406, 'PGRST107', `None of these media types are available: ${(accept ?? '').slice(0, 200)}`);
}

/** `q=0.5` of a media type's parameters, 1 without; 0 refuses it (RFC 9110, section 12.4.2). */
function weightOf(parts: readonly string[]): number {
  const weight = Number(parts.find((part) => part.startsWith('q='))?.slice(2) ?? 1);
  return weight >= 0 && weight <= 1 ? weight : 1;
}
