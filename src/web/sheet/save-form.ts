import { ApiError, type FieldProblem } from '../api.ts';
import { SignedOut } from '../session.ts';
import { failureText } from '../shell/failure-text.ts';
import { showToast } from '../shell/toasts.ts';

/**
 * Writes what a form says, and closes it.
 * @returns what the server refused, field to message; under the empty name what belongs to no field
 * @throws what is no fault of a field
 */
export async function saveForm(write: () => Promise<unknown>, close: () => void): Promise<ReadonlyMap<string, string>> {
  try {
    await write();
  } catch (error) {
    const refused = refusedFields(error);
    if (refused !== null) return refused;
    if (!(error instanceof SignedOut)) throw error;
    // The write waits on this device until somebody signs in: from a form that stays it would be sent twice.
    showToast({ text: failureText(error) });
  }
  close();
  return new Map();
}

function refusedFields(error: unknown): ReadonlyMap<string, string> | null {
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
