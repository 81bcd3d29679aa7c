import { fileURLToPath } from 'node:url';

/** What `npm start` keeps: the database, keys and passwords, where it listens. */
export const DATA_FOLDER = fileURLToPath(new URL('../../.data', import.meta.url));
