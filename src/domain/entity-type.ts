import type { EntityType } from './define-entity-type.ts';
import { entityTypes } from './entity-types.generated.ts';

export type EntityTypeName = keyof typeof entityTypes;

const byName: ReadonlyMap<string, EntityType> = new Map(Object.entries(entityTypes));

export const isEntityTypeName = (name: string): name is EntityTypeName => byName.has(name);

/** The entity type of this name, or undefined when there is none. */
export const entityType = (name: string): EntityType | undefined => byName.get(name);

const byXtdbName: ReadonlyMap<string, EntityType> = new Map(
  [...byName.values()].map((type) => [type.name.replaceAll('_', '-'), type]),
);

/** The entity type that XTDB calls so, without the colon: `habit-log`. */
export const entityTypeOfXtdbName = (name: string): EntityType | undefined => byXtdbName.get(name);

/** A type's name in XTDB, without the colon: `habit-log`. */
export const xtdbTypeName = (type: EntityType): string => type.name.replaceAll('_', '-');
