import { useRouteContext } from '@tanstack/react-router';
import { useEffect, useSyncExternalStore } from 'react';
import type { RecordStore, TypeSnapshot } from './record-store.ts';

/** The records that the screens show. */
export function useStore(): RecordStore {
  return useRouteContext({ from: '/app', select: (context) => context.data.store });
}

/** A type's records, newest first; asked for when a screen needs them, and again when the window comes back. */
export function useRecords(type: string): TypeSnapshot {
  const store = useStore();
  useEffect(() => {
    const load = (): void => void store.load(type);
    load();
    addEventListener('focus', load);
    return () => removeEventListener('focus', load);
  }, [store, type]);
  return useSyncExternalStore(store.subscribe, () => store.snapshot(type));
}
