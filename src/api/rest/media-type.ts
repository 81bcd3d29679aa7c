import { RestProblem } from './rest-problem.ts';

/** The forms of an answer. */
export interface MediaType {
  readonly form: 'array' | 'object' | 'csv';
  readonly isNullsStripped: boolean;
  readonly contentType: string;
}

const ARRAY: MediaType = { form: 'array', isNullsStripped: false, contentType: 'application/json; charset=utf-8' };

/** The first form that the header Accept names and that there is. @throws RestProblem PGRST107 (406) when it names none */
export function mediaType(accept: string | undefined): MediaType {
  const types = (accept ?? '*/*').split(',').map((type) => type.trim().toLowerCase());
  for (const type of types) {
    const [name = '', ...parameters] = type.split(';').map((part) => part.trim());
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
