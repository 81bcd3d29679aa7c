import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const domain = join(dirname(fileURLToPath(import.meta.url)), '..', 'domain');
const registry = join(domain, 'entity-types.generated.ts');

/** The registry's source for the files of `src/domain/entity-types/`, in alphabetical order: `habit-log.ts` exports `habitLog`. */
export const entityTypeRegistry = (files: readonly string[]): string => {
  const types = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort()
    .map((kebab) => {
      return {
        file: `${kebab}.ts`,
        name: kebab.replaceAll('-', '_'),
        export: kebab.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
      };
    });
  return [
    '// Made by `npm run generate` from the files in entity-types/. Do not edit.',
    ...types.map((type) => `import { ${type.export} } from './entity-types/${type.file}';`),
    '',
    '/** Every entity type by its name. */',
    'export const entityTypes = {',
    ...types.map((type) => (type.name === type.export ? `  ${type.name},` : `  ${type.name}: ${type.export},`)),
    '};',
    '',
  ].join('\n');
};

/** What the registry should be now. */
export const currentRegistry = (): string => entityTypeRegistry(readdirSync(join(domain, 'entity-types')));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = currentRegistry();
  let present = '';
  try {
    present = readFileSync(registry, 'utf8');
  } catch {
    // The first run makes it.
  }
  if (present !== wanted) writeFileSync(registry, wanted);
}
