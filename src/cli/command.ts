import type { ParseArgsOptionsConfig } from 'node:util';
import type { ExitCode } from './cli-failure.ts';

/** What a command has of the world. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Answers: standard output. */
  readonly out: (line: string) => void;
  /** Progress, remarks: standard error. */
  readonly err: (text: string) => void;
  /** Whether `err` goes to a terminal, which can show a progress bar. */
  readonly is_terminal: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

export type Options = Readonly<Record<string, string | boolean | undefined>>;

/** One of the words that come after `annals`. */
export interface Command {
  /** Such as `import FILE [--dry-run]`. */
  readonly usage: string;
  readonly summary: string;
  /** Sentences for its own `--help`. */
  readonly details: readonly string[];
  readonly options: ParseArgsOptionsConfig;
  /** How many arguments besides options, at least and at most. */
  readonly arguments: readonly [least: number, most: number];
  run(args: readonly string[], options: Options, context: CommandContext): Promise<ExitCode>;
}
