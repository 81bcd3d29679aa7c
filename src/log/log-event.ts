import type { RefreshOutcome } from '../analytics/refresh.ts';

/** Everything that the Workers say: one JSON line each. Users appear as a hash, and no line holds a secret or a value of a record. */
export type LogEvent =
  | {
      readonly event: 'request';
      readonly request_id: string;
      readonly method: string;
      /** The pattern, such as `/v1/entities/:id`: an address would hold ids. */
      readonly route: string;
      readonly status: number;
      readonly duration_ms: number;
      readonly database_ms: number;
      readonly database_calls: number;
      readonly user: string | null;
    }
  | {
      readonly event: 'failure';
      readonly request_id: string;
      readonly code: string;
      readonly message: string;
      readonly cause: string;
      readonly sqlstate: unknown;
      readonly stack: string | null;
    }
  | { readonly event: 'issuer_unreachable' | 'not_configured'; readonly message: string }
  | ({ readonly event: 'refresh' } & RefreshOutcome)
  | { readonly event: 'tick'; readonly scheduled_for: string; readonly result: 'idle' | 'taken' | 'done' }
  | {
      readonly event: 'tripwire';
      readonly name: string;
      readonly tripped: boolean;
      readonly value: number;
      readonly limit: number;
    }
  | { readonly event: 'alert_failed' | 'signal_failed'; readonly message: string };

const ERRORS: ReadonlySet<LogEvent['event']> = new Set([
  'failure',
  'issuer_unreachable',
  'not_configured',
  'alert_failed',
  'signal_failed',
]);

/** The one way to the log. */
export function logEvent(event: LogEvent): void {
  const line = JSON.stringify(event);
  if (ERRORS.has(event.event)) console.error(line);
  else console.log(line);
}
