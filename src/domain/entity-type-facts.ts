import type { Axis, EntityType } from './define-entity-type.ts';
import { xtdbTypeName } from './entity-type.ts';
import { entityTypes } from './entity-types.generated.ts';
import type { FieldKind } from './fields.ts';

export type Relation = { field: string; target: string; many: boolean };

/** A number that a type measures: its unit, or the field that names it, and the field that leads to what it is measured of. */
export type Measure = { field: string; unit: string | null; unit_field: string | null; of_field: string | null };

/** What the database needs to know of an entity type. */
export type EntityTypeFacts = {
  name: string;
  xtdb_name: string;
  /** The fields that occurred_at comes from: the first that the document has. */
  axis_from: string[];
  axis_until: string | null;
  label_fields: string[];
  relations: Relation[];
  timeline: boolean;
  /** The field that leads to what a running record is a timer of. */
  timer_parent: string | null;
  time_zone_field: string | null;
  measures: Measure[];
};

const axisFrom = (axis: Axis | undefined): string[] => {
  if (axis === undefined) return [];
  if ('from' in axis) return [axis.from];
  return typeof axis.at === 'string' ? [axis.at] : [...axis.at];
};

const NUMBER_KINDS: ReadonlySet<FieldKind> = new Set(['long', 'double', 'number']);

/** Every number that is the type's own; what came along from Airtable measures nothing. */
function measuresOf({ fields }: EntityType): Measure[] {
  // What a number is measured of is a thing (a medication, an exercise), not another occurrence: a thing has no time axis.
  const of = Object.entries(fields).find(([, { facts }]) => facts.target !== undefined && !hasAxis(facts.target));
  return Object.entries(fields)
    .filter(
      ([, { facts }]) => NUMBER_KINDS.has(facts.kind) && !facts.attributes?.some((a) => a.startsWith('airtable/')),
    )
    .map(([field, { facts }]) => ({
      field,
      unit: facts.measuredIn ?? null,
      unit_field: [`${field}_unit`, `${field.split('_')[0]}_unit`, 'unit'].find((name) => name in fields) ?? null,
      of_field: of?.[0] ?? null,
    }));
}

const hasAxis = (name: string): boolean =>
  Object.values<EntityType>(entityTypes).some((t) => t.name === name && t.axis !== undefined);

const factsOf = (type: EntityType): EntityTypeFacts => ({
  name: type.name,
  xtdb_name: xtdbTypeName(type),
  axis_from: axisFrom(type.axis),
  axis_until: type.axis !== undefined && 'until' in type.axis ? type.axis.until : null,
  label_fields: [...type.label],
  relations: Object.entries(type.fields).flatMap(([field, { facts }]) =>
    facts.target === undefined ? [] : [{ field, target: facts.target, many: facts.kind === 'refs' }],
  ),
  timeline: type.timeline,
  timer_parent: type.timer?.parent ?? null,
  time_zone_field: 'time_zone' in type.fields && type.name !== 'user' ? 'time_zone' : null,
  measures: measuresOf(type),
});

/** The facts of every entity type, in order of their names; plain JSON. */
export const entityTypeFacts = (): EntityTypeFacts[] =>
  Object.values<EntityType>(entityTypes)
    .map(factsOf)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
