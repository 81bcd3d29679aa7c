import type { core } from 'zod';
import { Failure } from '../store/failure.ts';

/** One thing that is wrong with a request, named by JSON pointer. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** An AN422 that names each field. @param at JSON pointer of what was validated, within the request */
export function invalid(problems: readonly FieldProblem[]): Failure {
  const [first] = problems;
  return new Failure(
    'AN422',
    first === undefined ? 'The request is not valid.' : `${first.field || 'The body'}: ${first.message}`,
    {
      details: problems,
      hint:
        problems.length > 1
          ? `${problems.length} fields need a change; details lists them.`
          : 'Change the field and send it again.',
    },
  );
}

export function problemsOf(error: core.$ZodError, at = ''): FieldProblem[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: pointer(at, [...issue.path, key]), message: 'is not a field of this type' }))
      : [{ field: pointer(at, issue.path), message: issue.message }],
  );
}

function pointer(at: string, path: readonly PropertyKey[]): string {
  return at + path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
