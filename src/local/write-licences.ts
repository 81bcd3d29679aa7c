import { writeFile } from 'node:fs/promises';
import { licencesPage, shippedPackages } from './shipped-packages.ts';

/** `npm run licences`: writes docs/licences.md. A test fails while it is not what the lock file says. */
await writeFile(new URL('../../docs/licences.md', import.meta.url), licencesPage(await shippedPackages()));
