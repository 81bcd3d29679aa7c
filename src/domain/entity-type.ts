import type { EntityType } from './define-entity-type.ts';
import { entityTypes } from './entity-types.generated.ts';

export type EntityTypeName = keyof typeof entityTypes;

const byName: ReadonlyMap<string, EntityType> = new Map(Object.entries(entityTypes));

export const isEntityTypeName = (name: string): name is EntityTypeName => byName.has(name);

/** The entity type of this name, or undefined when there is none. */
export const entityType = (name: string): EntityType | undefined => byName.get(name);

/** A type's name in XTDB, without the colon: `habit-log`. */
export const xtdbTypeName = (type: EntityType): string => type.name.replaceAll('_', '-');
