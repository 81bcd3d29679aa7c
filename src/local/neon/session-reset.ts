import type { BackendConnection, ReplyHandler } from './backend-connection.ts';
import { MessageWriter, REPLY } from './wire.ts';

/** What Neon sends when a connection comes back, so that no session state reaches the next request. */
const STATEMENTS =
  'CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DEALLOCATE ALL; UNLISTEN *; ' +
  'SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES';

/**
 * Resets a session that is in no transaction. Neon rolls back in every case; Postgres would write a warning to its log
 * for each request that left nothing to roll back.
 */
export const RESET = new MessageWriter().simpleQuery(STATEMENTS).bytes();

/** Resets a session in which a transaction may be open. */
export const ROLLBACK_AND_RESET = new MessageWriter().simpleQuery(`ROLLBACK; ${STATEMENTS}`).bytes();

/** Takes the answer to either; a session that cannot be reset is closed. */
export function resetReplies(connection: BackendConnection): ReplyHandler {
  return {
    message: (type) => {
      if (type === REPLY.error) connection.destroy();
      return type === REPLY.readyForQuery;
    },
    lost: () => {},
  };
}
