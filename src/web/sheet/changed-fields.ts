import type { Version } from '../api.ts';
import { sameValue } from '../data/same-value.ts';

export interface FieldChange {
  readonly name: string;
  readonly before: NonNullable<Version['doc']>[string] | undefined;
  readonly after: NonNullable<Version['doc']>[string] | undefined;
}

/** What differs between two versions, in the order of the later one's fields. */
export function changedFields(before: Version['doc'], after: Version['doc']): FieldChange[] {
  const names = [...new Set([...Object.keys(after ?? {}), ...Object.keys(before ?? {})])];
  return names
    .map((name) => ({ name, before: before?.[name], after: after?.[name] }))
    .filter((change) => !sameValue(change.before, change.after));
}
