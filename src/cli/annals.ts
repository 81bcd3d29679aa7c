#!/usr/bin/env node
import { runCli } from './run-cli.ts';

/** The operator's command, from a terminal or a script. The first Ctrl-C ends in good order, the second at once. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.stderr.write('\nStopping. Once more stops at once.\n');
    stopping.abort();
  });
}

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (text) => process.stderr.write(text),
  is_terminal: process.stderr.isTTY,
  signal: stopping.signal,
});
