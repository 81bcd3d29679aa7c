import { parseArgs } from 'node:util';
import pg from 'pg';
import { ApiFailure } from '../import-client/api-failure.ts';
import { HistoryFailure, type HistoryFailureKind } from '../import-client/history-failure.ts';
import { CliFailure, EXIT, type ExitCode } from './cli-failure.ts';
import type { Command, CommandContext, Options } from './command.ts';
import { adoptCommand } from './commands/adopt.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { importsCommand } from './commands/imports.ts';
import { migrateCommand } from './commands/migrate.ts';
import { partitionCommand } from './commands/partition.ts';
import { projectCommand } from './commands/project.ts';
import { refreshesCommand } from './commands/refreshes.ts';
import { rejectsCommand } from './commands/rejects.ts';
import { rolesCommand } from './commands/roles.ts';
import { slowCommand } from './commands/slow.ts';
import { tripwiresCommand } from './commands/tripwires.ts';
import { verifyCommand } from './commands/verify.ts';
import { SETTINGS } from './settings.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  migrate: migrateCommand,
  roles: rolesCommand,
  adopt: adoptCommand,
  import: importCommand,
  imports: importsCommand,
  rejects: rejectsCommand,
  verify: verifyCommand,
  export: exportCommand,
  partition: partitionCommand,
  project: projectCommand,
  refreshes: refreshesCommand,
  slow: slowCommand,
  tripwires: tripwiresCommand,
};

const EXIT_CODES: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [EXIT.done, 'done'],
  [EXIT.failed, 'it could not be done: network, service, database'],
  [EXIT.usage, 'a wrong command line or setting'],
  [EXIT.findings, 'done, and something was found: rejects, differences'],
  [EXIT.bad_file, 'the file cannot be taken: broken, cut short, another file'],
  [EXIT.interrupted, 'interrupted; an import is paused and goes on when started again'],
];

/** Runs `annals ARGV…` and says with which code to exit. Failures become sentences on standard error. */
export async function runCli(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const [name = '--help', ...rest] = argv;
  if (name === '--help' || name === '-h' || name === 'help') {
    context.out(help());
    return EXIT.done;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  try {
    if (command === undefined)
      throw new CliFailure(EXIT.usage, `There is no command ${name}.`, { hint: 'See: annals --help' });
    const { args, options } = parsed(command, rest);
    if (options.help === true) {
      context.out([`annals ${command.usage}`, `  ${command.summary}`, '', ...command.details].join('\n'));
      return EXIT.done;
    }
    return await command.run(args, options, context);
  } catch (error) {
    return explain(error, name, context);
  }
}

function parsed(command: Command, rest: readonly string[]): { args: string[]; options: Options } {
  const hint = `Usage: annals ${command.usage}`;
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    const [least, most] = command.arguments;
    const options = values as Options;
    if (options.help !== true && (positionals.length < least || positionals.length > most)) {
      throw new CliFailure(EXIT.usage, positionals.length < least ? 'Something is missing.' : 'That is too much.', {
        hint,
      });
    }
    return { args: positionals, options };
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(EXIT.usage, error instanceof Error ? error.message : 'The options are wrong.', { hint });
  }
}

function explain(error: unknown, command: string, { err, signal }: CommandContext): ExitCode {
  const [message, hint, exit] = wordsFor(error, command, signal);
  err(`annals: ${message}\n`);
  if (hint !== null) err(`${hint}\n`);
  return exit;
}

const HISTORY_EXIT: Readonly<Record<HistoryFailureKind, ExitCode>> = {
  bad_choice: EXIT.usage,
  bad_file: EXIT.bad_file,
  rejects: EXIT.findings,
  interrupted: EXIT.interrupted,
  stopped: EXIT.failed,
};

/** 4xx answers to an import that are about the file rather than about the caller. */
const FILE_STATUS: ReadonlySet<number> = new Set([409, 413, 422]);

/** What pg says of a session that ended under a statement, for which it has no class, or Postgres when it is stopped. */
const LOST_SESSION =
  /^(Connection terminated|Client has encountered a connection error|terminating connection|read ECONNRESET|write EPIPE)/;

function wordsFor(
  error: unknown,
  command: string,
  signal: AbortSignal,
): [message: string, hint: string | null, exit: ExitCode] {
  if (error instanceof HistoryFailure) return [error.message, error.hint, HISTORY_EXIT[error.kind]];
  if (error instanceof CliFailure) return [error.message, error.hint, error.exit];
  if (signal.aborted) return ['Interrupted.', null, EXIT.interrupted];
  if (error instanceof ApiFailure) {
    const exit = command === 'import' && FILE_STATUS.has(error.status) ? EXIT.bad_file : EXIT.failed;
    return [`${error.message} (${error.code})`, error.hint, exit];
  }
  if (error instanceof TypeError && error.message === 'fetch failed') {
    return [
      'The service cannot be reached.',
      'Check ANNALS_IMPORT_URL or ANNALS_API_URL, or try again later.',
      EXIT.failed,
    ];
  }
  if (error instanceof Error && LOST_SESSION.test(error.message)) {
    return [
      'The connection to the database was lost.',
      'Run the command again: it goes on from what is committed.',
      EXIT.failed,
    ];
  }
  if (error instanceof pg.DatabaseError) return [error.message, error.hint ?? null, EXIT.failed];
  return [error instanceof Error ? error.message : String(error), null, EXIT.failed];
}

function help(): string {
  const lines = (entries: readonly (readonly [string | number, string])[], width: number) =>
    entries.map(([name, meaning]) => `  ${String(name).padEnd(width)}  ${meaning}`);
  return [
    'annals: the operator’s command',
    '',
    ...Object.values(COMMANDS).flatMap((command) => [`  annals ${command.usage}`, `      ${command.summary}`]),
    '',
    'Settings, from the environment:',
    ...lines(SETTINGS, 20),
    '',
    'Exit codes:',
    ...lines(EXIT_CODES, 3),
  ].join('\n');
}
