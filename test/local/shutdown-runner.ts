/** Starts a process that outlives its group, and cannot stop what it has; for the test that presses Ctrl-C. */
import { spawn } from 'node:child_process';
import { Shutdown } from '../../src/local/shutdown.ts';

const shutdown = new Shutdown();
// What Miniflare does.
process.on('SIGINT', () => process.exit(3));
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], { detached: true, stdio: 'ignore' });
process.send?.(child.pid);
await shutdown.requested;
try {
  shutdown.add({ stop: () => new Promise(() => {}) });
} catch {
  process.send?.('goes no further');
}
await shutdown.stopAll();
