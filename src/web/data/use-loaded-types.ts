import { useEffect, useReducer } from 'react';
import { useStore } from './use-records.ts';

/** Sees to it that these types are here, and draws again when anything that is known changes. */
export function useLoadedTypes(types: readonly string[]): void {
  const store = useStore();
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => store.subscribe(draw), [store]);
  const names = types.join(' ');
  useEffect(() => {
    for (const type of names.split(' ')) if (type !== '') void store.load(type);
  }, [store, names]);
}
