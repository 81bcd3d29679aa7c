import { ApiError, type FieldProblem } from '../api.ts';

/** The fields that the API refused of one operation, field to message; under the empty name what belongs to no field. */
export function refusedFields(error: unknown): ReadonlyMap<string, string> | null {
  if (!(error instanceof ApiError) || error.status !== 422) return null;
  const problems = isProblems(error.details) ? error.details : [];
  if (problems.length === 0) return new Map([['', error.message]]);
  return new Map(problems.map(({ field, message }) => [field.split('/')[4] ?? '', message]));
}

function isProblems(details: unknown): details is FieldProblem[] {
  return (
    Array.isArray(details) && details.every((each) => typeof each === 'object' && each !== null && 'field' in each)
  );
}
