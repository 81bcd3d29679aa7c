/** Exit codes, as `annals --help` lists them. */
export const EXIT = {
  done: 0,
  /** It could not be done: the network, the service, the database. */
  failed: 1,
  /** The command line or a setting is wrong. */
  usage: 2,
  /** It was done, and found something: rejects in an import, differences in a verification. */
  findings: 3,
  /** The file is not one that can be taken: broken, cut short, another file. */
  bad_file: 4,
  /** Ctrl-C; an import is paused and can go on. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Why a command ends early: a sentence, what to do next, and the exit code. */
export class CliFailure extends Error {
  readonly exit: ExitCode;
  readonly hint: string | null;

  constructor(exit: ExitCode, message: string, { hint = null, cause }: { hint?: string | null; cause?: unknown } = {}) {
    super(message, { cause });
    this.name = 'CliFailure';
    this.exit = exit;
    this.hint = hint;
  }
}
