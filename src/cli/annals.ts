#!/usr/bin/env -S node --max-semi-space-size=2
import { runCli } from './run-cli.ts';

/**
 * The operator's command, from a terminal or a script. Its young generation is kept small (MB): most of what it reads is garbage at once,
 * and V8 would rather let that grow to 300 MB than collect it.
 * The first Ctrl-C ends in good order, the second at once.
 */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.stderr.write('\nStopping. Once more stops at once.\n');
    stopping.abort();
  });
}
// Who listens is gone, as after `| head`.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stopping.abort());

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (text) => process.stderr.write(text),
  is_terminal: process.stderr.isTTY,
  signal: stopping.signal,
});
