import type { Column, ColumnKind } from './columns.ts';

const SCALARS: ReadonlySet<ColumnKind> = new Set([
  'uuid',
  'text',
  'reference',
  'instant',
  'date',
  'number',
  'boolean',
  'boolean_or_text',
]);

/** Whether a column is one of a type's projection: a field of one value. What stands on the time axis is in entities already. */
export const isProjectable = ({ kind, isEnvelope, isAxis }: Column): boolean =>
  SCALARS.has(kind) && !isEnvelope && !isAxis;

/** The row of entities in a list, and its projection's beside it. */
export const LISTED_ROW = 's';
export const PROJECTED_ROW = 'f';
