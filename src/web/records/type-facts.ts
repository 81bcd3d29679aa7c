import type { FieldKind, Unit } from '../../domain/fields.ts';

export interface FieldFacts {
  readonly name: string;
  readonly kind: FieldKind;
  /** The keywords that are allowed; null when any is. */
  readonly values: readonly string[] | null;
  /** The entity type that a relation leads to. */
  readonly target: string | null;
  readonly unit: Unit | null;
  readonly is_optional: boolean;
  readonly is_nullable: boolean;
}

/** What lists and forms need to know of an entity type. The schema itself is loaded when a form validates. */
export interface TypeFacts {
  readonly name: string;
  /** The fields that a record's place on the time axis comes from: the first that it has. */
  readonly from: readonly string[];
  /** The field that an interval ends with. */
  readonly until: string | null;
  /** False for a type whose records belong to no user. */
  readonly is_personal: boolean;
  readonly timeline: boolean;
  /** The field that leads to what a running record is a timer of. */
  readonly timer_parent: string | null;
  /** The fields that name a record to a person: the first that is there. */
  readonly label: readonly string[];
  readonly fields: readonly FieldFacts[];
}

const by_name: ReadonlyMap<string, TypeFacts> = new Map(ENTITY_TYPES.map((type) => [type.name, type]));

/** The facts of a type; of one that this client has never heard of, that it has no fields it knows. */
export function typeFacts(name: string): TypeFacts {
  return (
    by_name.get(name) ?? {
      name,
      from: [],
      until: null,
      is_personal: true,
      timeline: false,
      timer_parent: null,
      label: ['label'],
      fields: [],
    }
  );
}

export function isKnownType(name: string): boolean {
  return by_name.has(name);
}

/** The types whose records a person keeps: all but the user's own record, and what belongs to nobody. */
export const RECORD_TYPES: readonly TypeFacts[] = ENTITY_TYPES.filter(
  (type) => type.is_personal && type.name !== 'user',
);
