export type RestStatus = 300 | 400 | 404 | 405 | 406 | 409 | 412 | 413 | 415 | 416;

/** A refusal in PostgREST's words: the codes are PostgREST's (`PGRST…`) and Postgres' own, since clients look at them. */
export class RestProblem extends Error {
  readonly status: RestStatus;
  readonly code: string;
  readonly details: string | null;
  readonly hint: string | null;

  constructor(
    status: RestStatus,
    code: string,
    message: string,
    { details = null, hint = null }: { details?: string | null; hint?: string | null } = {},
  ) {
    super(message);
    this.name = 'RestProblem';
    this.status = status;
    this.code = code;
    this.details = details;
    this.hint = hint;
  }
}

/** A part of the query string that is not in PostgREST's grammar. @param at where it went wrong, from 1 */
export const unreadable = (parameter: string, text: string, at: number, expected: string): RestProblem =>
  new RestProblem(400, 'PGRST100', `"failed to parse ${parameter} (${text.slice(0, 200)})" (line 1, column ${at})`, {
    details: `expected ${expected}`,
  });

/** 42703. @param known the type's columns, for the hint */
export const unknownColumn = (entityType: string, name: string, known: readonly string[]): RestProblem =>
  new RestProblem(400, '42703', `column ${entityType}.${name.slice(0, 100)} does not exist`, {
    hint: `It has ${known.join(', ')}.`,
  });

/** 22P02: a text that is no value of a type. @param kind the type's name in Postgres */
export const badOperand = (kind: string, text: string): RestProblem =>
  new RestProblem(400, '22P02', `invalid input syntax for type ${kind}: "${text.slice(0, 200)}"`);

/** PGRST100, over a limit. @param what is counted, in the plural */
export const tooMuch = (what: string, limit: number): RestProblem =>
  new RestProblem(400, 'PGRST100', `more than ${limit} ${what}`, { hint: `Ask for ${limit} at most.` });
