import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A package of which something runs outside a developer's machine: in a Worker, in the browser, or in the operator's command. */
export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** As the package says it, in SPDX's words. */
  readonly license: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What only runs here; all the rest of src ships. */
const LOCAL_FOLDER = 'local';
/** How the web client is built is not part of it. */
const SHIPPED_FILE = /(?<!\.config)\.tsx?$/;
/** Gone before anything runs. */
const TYPE_IMPORT = /^import type [^;]*;/gm;
/** What an import names, when it is no file and not the runtime's own: the package, with its scope. */
const IMPORTED = /(?:from|import)\s*\(?'((?:@[\w.-]+\/)?[a-z][\w.-]*)(?:\/[^']*)?'/g;
const RUNTIME = new Set(['cloudflare', 'node']);

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Every package that the shipped source imports, with all that these depend on, in order of their names. */
export async function shippedPackages(): Promise<ShippedPackage[]> {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  const packages = lock.packages as Readonly<Record<string, LockedPackage>>;
  const found = new Map<string, LockedPackage>();
  const add = (name: string, from: string): void => {
    const place = placeOf(packages, name, from);
    // An optional peer that is not installed ships nothing.
    const locked = packages[place];
    if (locked === undefined || found.has(place)) return;
    found.set(place, locked);
    for (const dependency of Object.keys(locked.dependencies ?? {})) add(dependency, place);
  };
  for (const name of await importedPackages()) add(name, '');
  const by_name = new Map<string, ShippedPackage>();
  for (const [place, { version = '', license }] of found) {
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    by_name.set(`${name} ${version}`, { name, version, license: license ?? (await licenseInFolder(place)) });
  }
  return [...by_name.keys()].sort().flatMap((key) => by_name.get(key) ?? []);
}

/** Where the package lies that an import of this name finds, seen from another: the nearest folder upwards. */
function placeOf(packages: Readonly<Record<string, LockedPackage>>, name: string, from: string): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[place] !== undefined || folder === '') return place;
  }
}

async function importedPackages(): Promise<Set<string>> {
  const names = new Set<string>();
  for (const folder of await readdir(join(ROOT, 'src'))) {
    if (folder === LOCAL_FOLDER) continue;
    const files = await readdir(join(ROOT, 'src', folder), { recursive: true });
    for (const file of files.filter((name) => SHIPPED_FILE.test(name))) {
      const source = await readFile(join(ROOT, 'src', folder, file), 'utf8');
      for (const [, name] of source.replaceAll(TYPE_IMPORT, '').matchAll(IMPORTED))
        if (name !== undefined && !RUNTIME.has(name)) names.add(name);
    }
  }
  return names;
}

async function licenseInFolder(place: string): Promise<string> {
  const { license } = JSON.parse(await readFile(join(ROOT, place, 'package.json'), 'utf8'));
  return typeof license === 'string' ? license : 'unknown';
}

/** docs/licences.md. */
export function licencesPage(packages: readonly ShippedPackage[]): string {
  const rows = packages.map(({ name, version, license }) => [name, version, license]);
  const table = [['package', 'version', 'licence'], ...rows];
  const widths = [0, 1, 2].map((n) => Math.max(...table.map((row) => row[n]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' | ')} |`;
  return `# Licences of what ships

Packages of which something runs in the Workers, in the web client or in the operator's command, with all that they depend on.
Annals itself is under the [MIT licence](../LICENSE). Written by \`npm run licences\`; a test compares, and allows no licence that asks for
more than to be named.

${[line(table[0] ?? []), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')}
`;
}
