import type { TokenEnv } from '../api/token-settings.ts';
import type { Caller } from '../api/verify-token.ts';
import type { Database } from '../store/database.ts';

/** The import Worker's bindings: the same sign-in as the API's, and a road to the database of its own. */
export interface ImportBindings extends TokenEnv {
  /** Postgres connection string of the role annals_import. */
  DATABASE_URL: string;
}

/** What the routes find in their context. */
export interface ImportEnv {
  Bindings: ImportBindings;
  Variables: { requestId: string; caller: Caller; database: Database };
}
