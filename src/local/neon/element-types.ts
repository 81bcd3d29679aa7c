import type { BackendConnection } from './backend-connection.ts';
import { elementTypesQuery } from './column-types.ts';
import { StatementReplies } from './statement-replies.ts';
import { MessageWriter } from './wire.ts';

/**
 * Asks the catalogue about types, on the connection (and in the transaction) that their values come from. Other requests
 * share `known`: it takes the answer when it is whole.
 * @throws DatabaseError, RequestError when the connection is lost
 */
export async function learnElementTypes(
  connection: BackendConnection,
  types: number[],
  known: Map<number, number>,
): Promise<void> {
  // What the catalogue does not know (a type dropped meanwhile) is written as text.
  const learned = new Map(types.map((type) => [type, 0]));
  const replies = new StatementReplies({
    statements: [],
    silentCommands: 0,
    sink: {
      begin: () => {},
      columns: () => {},
      row: (buffer, start) => {
        const oidEnd = start + 6 + buffer.readInt32BE(start + 2);
        const oid = Number(buffer.toString('latin1', start + 6, oidEnd));
        learned.set(oid, Number(buffer.toString('latin1', oidEnd + 4, oidEnd + 4 + buffer.readInt32BE(oidEnd))));
      },
      complete: () => {},
    },
    until: 'ready',
  });
  connection.submit(new MessageWriter().simpleQuery(elementTypesQuery(types)).bytes(), replies);
  await replies.done;
  for (const [type, element] of learned) known.set(type, element);
}
