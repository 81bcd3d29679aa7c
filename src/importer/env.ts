import type { SignalBinding } from '../analytics/signal.ts';
import type { TokenEnv } from '../api/token-settings.ts';
import type { Caller } from '../api/verify-token.ts';
import type { Database } from '../store/database.ts';

/** The import Worker's bindings: the same sign-in as the API's, and a road to the database of its own. */
export interface ImportBindings extends TokenEnv {
  /** Postgres connection string of the role annals_import. */
  DATABASE_URL: string;
  /** Told of what was written, so that the API Worker's cron refreshes. */
  SIGNAL: SignalBinding;
  /** Milliseconds after which a call to the database is kept as slow. */
  SLOW_CALL_MS?: string;
}

/** What the routes find in their context. */
export interface ImportEnv {
  Bindings: ImportBindings;
  Variables: { requestId: string; caller: Caller; database: Database };
}
