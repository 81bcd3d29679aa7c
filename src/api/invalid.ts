import type { core } from 'zod';
import { pointerStep } from '../domain/codec/pointer.ts';
import { Failure } from '../store/failure.ts';

/** One thing that is wrong with a request, named by JSON pointer. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** An AN422 that names each field. */
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

/** What a schema found wrong, an unknown field by its own name. */
export function problemsOf(error: core.$ZodError): FieldProblem[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: pointerOf([...issue.path, key]), message: 'is not a field of this type' }))
      : [{ field: pointerOf(issue.path), message: issue.message }],
  );
}

const pointerOf = (path: readonly PropertyKey[]): string => path.map((key) => pointerStep(String(key))).join('');
