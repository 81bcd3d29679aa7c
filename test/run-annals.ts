import { runCli } from '../src/cli/run-cli.ts';

export interface AnnalsRun {
  readonly code: number;
  /** What it answered, each line with its end. */
  readonly out: string;
  /** What it said of its progress, or why it failed. */
  readonly err: string;
}

/** Runs the command within this process: what a shell adds is the same for all of them, and a start takes half a second. */
export async function runAnnals(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<AnnalsRun> {
  const [lines, said]: [string[], string[]] = [[], []];
  const code = await runCli(argv, {
    env,
    out: (line) => lines.push(line),
    err: (text) => said.push(text),
    is_terminal: false,
    signal: new AbortController().signal,
  });
  return { code, out: lines.map((line) => `${line}\n`).join(''), err: said.join('') };
}
