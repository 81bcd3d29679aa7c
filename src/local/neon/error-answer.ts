import { DatabaseError, plainFields } from './database-error.ts';
import { PasswordError, UnreachableError } from './open-backend.ts';
import { RequestError } from './request-error.ts';

const NO_SUCH_DATABASE = '3D000';

export interface ErrorAnswer {
  status: number;
  body: string;
  /** Of an error that Postgres told. */
  sqlstate: string | null;
}

/** The answer to a request that failed before it had a connection. */
export function connectErrorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof DatabaseError) {
    return told(error.fields.code === NO_SUCH_DATABASE ? 400 : 500, error);
  }
  return errorAnswer(error);
}

/** The answer to a request that failed: whatever Postgres says about a query is a 400. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof DatabaseError) return told(400, error);
  if (error instanceof RequestError) return plain(error.status, error.message);
  if (error instanceof PasswordError) return plain(400, error.message);
  if (error instanceof UnreachableError) return plain(500, error.message);
  return plain(500, 'internal error of the local Neon endpoint');
}

const told = (status: number, { fields }: DatabaseError): ErrorAnswer => ({
  status,
  body: JSON.stringify(fields),
  sqlstate: fields.code ?? null,
});

function plain(status: number, message: string): ErrorAnswer {
  return { status, body: JSON.stringify(plainFields(message)), sqlstate: null };
}
