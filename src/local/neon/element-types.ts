import type { BackendConnection } from './backend-connection.ts';
import { elementTypesQuery } from './column-types.ts';
import { MessageWriter, REPLY } from './wire.ts';

/** Asks the catalogue about types, on the connection (and in the transaction) that their values come from. */
export function learnElementTypes(
  connection: BackendConnection,
  types: number[],
  known: Map<number, number>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // What the catalogue does not know (a type dropped meanwhile) is written as text.
  for (const type of types) known.set(type, 0);
  connection.submit(new MessageWriter().simpleQuery(elementTypesQuery(types)).bytes(), {
    message: (type, buffer, start) => {
      if (type === REPLY.dataRow) {
        const oidEnd = start + 6 + buffer.readInt32BE(start + 2);
        const oid = Number(buffer.toString('latin1', start + 6, oidEnd));
        known.set(oid, Number(buffer.toString('latin1', oidEnd + 4, oidEnd + 4 + buffer.readInt32BE(oidEnd))));
      }
      if (type !== REPLY.readyForQuery) return false;
      resolve();
      return true;
    },
    lost: resolve,
  });
  return promise;
}
