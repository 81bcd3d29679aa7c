import type { SignalBinding } from '../analytics/signal.ts';
import type { Database, LogBasis } from '../store/database.ts';
import type { ImporterBinding } from './forward-imports.ts';
import type { PageBindings } from './serve-page.ts';
import type { Stages } from './stages.ts';
import type { TokenEnv } from './token-settings.ts';
import type { Caller } from './verify-token.ts';

/** The API Worker's bindings: secrets and settings (`.dev.vars.example` documents each) and the web client's files. */
export interface ApiBindings extends TokenEnv, PageBindings, ImporterBinding {
  /** Postgres connection string of the role annals_app. */
  DATABASE_URL: string;
  /** The same, of a read replica: reads go there. */
  DATABASE_READ_URL?: string;
  /** What the web client signs in as, at OIDC_ISSUER. */
  OIDC_CLIENT_ID: string;
  /** The scopes that the web client asks for; those of any person when left out. */
  OIDC_SCOPE?: string;
  /** Origins whose pages may call the API, comma-separated; none when left out. */
  CORS_ORIGINS?: string;
  /** Told of what was written; asked by the cron. */
  SIGNAL: SignalBinding;
  /** Milliseconds after which a call to the database is kept as slow. */
  SLOW_CALL_MS?: string;
  /** Where the operator is told that a tripwire tripped or recovered. */
  ALERT_WEBHOOK_URL?: string;
  /** `slack` or `json`. */
  ALERT_WEBHOOK_FORMAT?: string;
}

/** What the routes find in their context: those that are asked most by `c.get`, as `c.var` is copied each time it is read. */
export interface ApiEnv {
  Bindings: ApiBindings;
  Variables: { requestId: string; caller: Caller; database: Database; basis: LogBasis | 'now' | null; stages: Stages };
}
