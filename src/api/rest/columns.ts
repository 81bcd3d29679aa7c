import { attributeTable, isUnknownName } from '../../domain/codec/attributes.ts';
import type { EntityType } from '../../domain/define-entity-type.ts';
import type { FieldKind } from '../../domain/fields.ts';
import { unknownColumn } from './rest-problem.ts';

/** How a column compares. `any` is a field that no schema knows. */
export type ColumnKind =
  | 'uuid'
  | 'text'
  | 'reference'
  | 'instant'
  | 'date'
  | 'number'
  | 'boolean'
  | 'boolean_or_text'
  | 'set'
  | 'json'
  | 'any';

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Whether it is part of the envelope, and so a column of the table; else it is in the doc. */
  readonly isEnvelope: boolean;
  /** Whether every record has it and stands by it on the time axis: then it sorts and compares as `occurred_at` does. */
  readonly isAxis: boolean;
}

const ENVELOPE: Readonly<Record<string, ColumnKind>> = {
  id: 'uuid',
  entity_type: 'text',
  user_id: 'uuid',
  version: 'number',
  occurred_at: 'instant',
  occurred_until: 'instant',
  created_at: 'instant',
  updated_at: 'instant',
  deleted_at: 'instant',
};

export const ENVELOPE_NAMES: readonly string[] = Object.keys(ENVELOPE);

const KINDS: Readonly<Record<FieldKind, ColumnKind>> = {
  text: 'text',
  keyword: 'text',
  bool_or_keyword: 'boolean_or_text',
  keywords: 'set',
  refs: 'set',
  ref: 'reference',
  instant: 'instant',
  inst: 'instant',
  local_date: 'date',
  long: 'number',
  double: 'number',
  number: 'number',
  bool: 'boolean',
  json: 'json',
};

/** A type's column of this name; one with a slash or a colon is an attribute that no schema knows. @throws RestProblem 42703 */
export function columnOf(type: EntityType, name: string): Column {
  const envelope = Object.hasOwn(ENVELOPE, name) ? ENVELOPE[name] : undefined;
  if (envelope !== undefined) return { name, kind: envelope, isEnvelope: true, isAxis: name === 'occurred_at' };
  const field = attributeTable(type).byName.get(name)?.field;
  if (field !== undefined) {
    const kind = KINDS[field.facts.kind];
    const isAxis = kind === 'instant' && field.facts.isOptional !== true && isAxisField(type, name);
    return { name, kind, isEnvelope: false, isAxis };
  }
  if (isUnknownName(name)) return { name, kind: 'any', isEnvelope: false, isAxis: false };
  throw unknownColumn(type.name, name, columnNames(type));
}

/** A type's columns in order: the envelope, then its fields. */
export const columnNames = (type: EntityType): string[] => [
  ...ENVELOPE_NAMES,
  ...[...attributeTable(type).byName.keys()].filter((name) => !Object.hasOwn(ENVELOPE, name)),
];

function isAxisField({ axis }: EntityType, name: string): boolean {
  if (axis === undefined) return false;
  if ('from' in axis) return axis.from === name;
  return axis.at === name;
}
