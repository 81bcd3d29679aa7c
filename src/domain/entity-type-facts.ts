import type { Axis, EntityType } from './define-entity-type.ts';
import { xtdbTypeName } from './entity-type.ts';
import { entityTypes } from './entity-types.generated.ts';

export type Relation = { field: string; target: string; many: boolean };

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
};

const axisFrom = (axis: Axis | undefined): string[] => {
  if (axis === undefined) return [];
  if ('from' in axis) return [axis.from];
  return typeof axis.at === 'string' ? [axis.at] : [...axis.at];
};

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
});

/** The facts of every entity type, in order of their names; plain JSON. */
export const entityTypeFacts = (): EntityTypeFacts[] =>
  Object.values<EntityType>(entityTypes)
    .map(factsOf)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
