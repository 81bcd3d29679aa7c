import { ApiError } from '../api.ts';
import { SignedOut } from '../session.ts';

/** Why something did not work, and what to do, in people's words. */
export function failureText(error: unknown): string {
  if (error instanceof ApiError) return [error.message, error.hint, `(${error.code})`].filter(Boolean).join(' ');
  if (error instanceof SignedOut) return 'Your session has ended. Sign in again; nothing is lost.';
  return error instanceof Error ? error.message : 'Something unexpected happened.';
}
