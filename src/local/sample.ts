import { fileURLToPath } from 'node:url';
import type { LocalUser } from './identity-pages.ts';

/** The history that `npm start` shows: what a real XTDB 1 node exported (test/fixtures/README.md). */
export const SAMPLE_FILE = fileURLToPath(new URL('../../test/fixtures/xtdb1-history.edn.gz', import.meta.url));

/** The people in it. */
export const SAMPLE_USERS: readonly LocalUser[] = [
  { id: 'a58626f1-e158-4bc5-a050-e9dafb06c81c', email: 'maya@example.com', name: 'Maya' },
  { id: '788ff477-c029-4056-b12a-12b8a74f64dd', email: 'jörg+test@example.com', name: 'Jörg' },
  { id: '368c719d-4bef-4bf0-a1e0-3506c75f7e6e', email: 'asha@example.com', name: 'Asha' },
];
