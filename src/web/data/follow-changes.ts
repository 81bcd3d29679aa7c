import type { AnnalsApi } from '../api.ts';
import { isKnownType, RECORD_TYPES } from '../records/type-facts.ts';
import { SignedOut } from '../session.ts';
import { Unreachable } from '../unreachable.ts';
import type { LocalDatabase } from './local-database.ts';
import type { RecordStore } from './record-store.ts';

interface FollowParts {
  readonly api: Pick<AnnalsApi, 'changes'>;
  readonly database: LocalDatabase;
  readonly store: RecordStore;
  /** Called when something was written elsewhere. */
  onChanged(): void;
}

const CURSOR = 'changes_cursor';
/** Coming back to the window asks again, but not more often than this. */
const PAUSE_MS = 5_000;
/** A copy this far behind is better fetched anew. */
const MAX_PAGES = 40;
/** The first screen goes first. */
const FIRST_FILL_MS = 4_000;

/**
 * Keeps the local copy by the change feed: at the start, and whenever the window or the network comes back, what was written
 * elsewhere is fetched, and nothing else. Never by a timer: an idle tab must cost the service nothing.
 */
export function followChanges({ api, database, store, onChanged }: FollowParts): void {
  let asked_ms = 0;
  let running: Promise<void> | null = null;
  /**
   * How far this tab has followed: what the feed brings goes into the memory of the tab that asked. The database's is where the
   * next visit begins. Null begins anew.
   */
  let cursor: string | null | undefined;

  async function follow(): Promise<void> {
    if (cursor === undefined) cursor = (await database.get('facts', CURSOR)) ?? null;
    let since = cursor;
    if (since === null) {
      // First the place, then the lists: what is written in between is in both, which does no harm.
      const { next } = await api.changes('now');
      if (next === null) return;
      await store.distrust();
      await keep(next);
      setTimeout(() => void fill(), FIRST_FILL_MS);
      return;
    }
    const ids_by_type = new Map<string, Set<string>>();
    let is_current = false;
    for (let page = 0; page < MAX_PAGES && !is_current; page++) {
      const { changes, next, up_to_date } = await api.changes(since);
      if (next === null) break;
      for (const { id, entity_type } of changes) {
        // An imported delete names no type.
        const known = entity_type === null ? (store.confirmed(id) ?? (await database.get('records', id))) : null;
        const type = entity_type ?? known?.entity_type ?? '';
        // Of a type that only a history has, there is no list to ask.
        if (!isKnownType(type)) continue;
        const ids = ids_by_type.get(type);
        if (ids === undefined) ids_by_type.set(type, new Set([id]));
        else ids.add(id);
      }
      since = next;
      is_current = up_to_date;
    }
    if (!is_current) {
      cursor = null;
      await database.delete('facts', CURSOR);
      await store.distrust();
      return;
    }
    for (const [type, ids] of ids_by_type) await store.refetch(type, [...ids]);
    await keep(since);
    store.follow();
    if (ids_by_type.size > 0) onChanged();
  }

  async function keep(next: string): Promise<void> {
    cursor = next;
    await database.put('facts', next, CURSOR);
  }

  /** Fetches what no screen has asked for yet, so that all of it is here when the network is not. */
  async function fill(): Promise<void> {
    for (const { name } of RECORD_TYPES) {
      await store.load(name);
      if (store.snapshot(name).error !== null) return;
    }
    store.follow();
    ask();
  }

  function ask(): void {
    if (running !== null || Date.now() - asked_ms < PAUSE_MS) return;
    asked_ms = Date.now();
    running = follow()
      .catch((error: unknown) => {
        // Without the network there is nothing to follow; the next occasion comes. Who is signed out hears of it from the screen.
        if (error instanceof Unreachable || error instanceof SignedOut) return;
        // Anything else is told, and what is here is no longer vouched for: screens ask again.
        reportError(error);
        return store.distrust().catch(reportError);
      })
      .finally(() => {
        running = null;
      });
    store.catchUp(running);
  }

  addEventListener('focus', ask);
  addEventListener('online', ask);
  ask();
}
