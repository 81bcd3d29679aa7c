import { fileURLToPath } from 'node:url';
import type { LocalUser } from './identity-pages.ts';

/** The history that `npm start` shows: what a real XTDB 1 node exported (test/fixtures/README.md). */
export const SAMPLE_FILE = fileURLToPath(new URL('../../test/fixtures/xtdb1-history.edn.gz', import.meta.url));

/** Who may sign in: the people in it, and one who looks after the service and has no records. */
export const SAMPLE_USERS: readonly LocalUser[] = [
  { id: 'a58626f1-e158-4bc5-a050-e9dafb06c81c', email: 'maya@example.com', name: 'Maya' },
  { id: '788ff477-c029-4056-b12a-12b8a74f64dd', email: 'jörg+test@example.com', name: 'Jörg' },
  { id: '368c719d-4bef-4bf0-a1e0-3506c75f7e6e', email: 'asha@example.com', name: 'Asha' },
  { id: 'c1a55e0b-7f0e-4b5e-9d0a-2f7c3e6d8a41', email: 'operator@example.com', name: 'Operator', is_operator: true },
];
