import { fillDatabase, userId } from './analytics-data.ts';
import { type EdgeCall, someIds, startBareWorker, subjects } from './edge-calls.ts';
import type { Rig, Store } from './rig.ts';

const RECORDS = 10_000;

/** The real Worker and the bare one over the same store of one user. */
export interface EdgeSides {
  readonly store: Store;
  readonly realUrl: string;
  readonly bareUrl: string;
  /** With the user's token, for both. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whom the next request of this name is about. */
  readonly subject: (name: EdgeCall) => string;
  stop(): Promise<void>;
}

export async function openEdgeSides(rig: Rig, name: string): Promise<EdgeSides> {
  const store = await rig.openStore(name);
  const user = userId(0);
  await fillDatabase(store.owner, { events: RECORDS, users: 1, days: 1_000 });
  const bare = await startBareWorker(rig, store, user);
  const workers = await rig.startWorkers(store);
  return {
    store,
    realUrl: workers.apiUrl,
    bareUrl: (await bare.ready).origin,
    headers: { Authorization: `Bearer ${await rig.issuer.token({ sub: user })}` },
    subject: subjects(await someIds(store, user, 1_000)),
    stop: () => bare.dispose(),
  };
}
