import type { AnnalsApi, Transaction } from '../api.ts';
import { SignedOut } from '../session.ts';
import { showToast } from '../shell/toasts.ts';
import { Unreachable } from '../unreachable.ts';
import { followChanges } from './follow-changes.ts';
import { type LocalDatabase, openLocalDatabase } from './local-database.ts';
import type { Operation } from './operations.ts';
import { Outbox, type WriteOutcome } from './outbox.ts';
import { RecordStore } from './record-store.ts';
import { wayBack } from './way-back.ts';

/** A user's records on this device, and the one way to change them. */
export interface AppData {
  readonly database: LocalDatabase;
  readonly store: RecordStore;
  readonly outbox: Outbox;
  /**
   * Writes, and offers to take it back.
   * @param title what is done, in words: `Edit Morning walk`
   * @param done what a person reads when it is: `Saved.`; null says nothing
   * @throws ApiError when the server refuses it
   */
  write(title: string, operations: readonly Operation[], done: string | null): Promise<WriteOutcome>;
  /**
   * Has the server take a whole transaction back. It needs the network.
   * @throws ApiError 409 when what it wrote was changed since
   */
  undo(transaction: Pick<Transaction, 'tx' | 'meta'>): Promise<void>;
}

/**
 * @param user the provider's name of the user, so that two on one device share nothing
 * @param onWritten called when the server has taken a write: what it computed from the records is out of date
 */
export async function openAppData(api: AnnalsApi, user: string, onWritten: () => void): Promise<AppData> {
  const database = await openLocalDatabase(user);
  const store = new RecordStore({ api, database });
  const outbox = new Outbox({
    user,
    database,
    send: ({ key, title, operations }) => api.transact(key, operations, title),
    onWritten(write, answer) {
      store.written(write, answer);
      onWritten();
    },
    onSentElsewhere: (writes) => refetch(writes.flatMap(({ operations }) => operations)),
  });
  outbox.subscribe(() => store.overlay(outbox.writes()));
  await outbox.start();
  followChanges({ api, database, store, onChanged: onWritten });

  async function write(title: string, operations: readonly Operation[], done: string | null): Promise<WriteOutcome> {
    const back = wayBack(store, operations);
    const outcome = await outbox.submit(title, operations);
    if (done === null) return outcome;
    const undo = async (): Promise<void> => {
      await write(`Undo: ${title}`, back(operations), null);
      showToast({ text: 'Undone.' });
    };
    showToast({ text: outcome === 'saved' ? done : `${done} It goes out when the network is back.`, undo });
    return outcome;
  }

  async function undo({ tx, meta }: Pick<Transaction, 'tx' | 'meta'>): Promise<void> {
    const why = typeof meta?.why === 'string' ? `Undo: ${meta.why}` : 'Undo';
    const { entities } = await api.undo(tx, why);
    await refetch(entities.filter((entity) => 'entity_type' in entity));
  }

  /** Takes over what was written, but not from here. Does not throw: it is written all the same. */
  async function refetch(records: readonly { id: string; entity_type: string | null }[]): Promise<void> {
    try {
      for (const [type, each] of Map.groupBy(records, ({ entity_type }) => entity_type)) {
        if (type === null) continue;
        await store.refetch(
          type,
          each.map(({ id }) => id),
        );
      }
    } catch (error) {
      // What cannot be read now, the change feed brings.
      if (!(error instanceof Unreachable || error instanceof SignedOut)) reportError(error);
    }
    onWritten();
  }

  return { database, store, outbox, write, undo };
}

/** The same at a past moment: other records, and nothing that changes them. */
export function pastData(present: AppData, store: RecordStore): AppData {
  const refuse = () => Promise.reject(new Error('The past is read-only. Go back to now to change something.'));
  return { ...present, store, write: refuse, undo: refuse };
}
