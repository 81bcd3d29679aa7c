import type { EntityType } from '../define-entity-type.ts';
import { type Field, type FieldKind, instant } from '../fields.ts';

/** The namespace of the attributes that every entity has, and the one that older documents have them in. */
const META = 'tech.jgood.gleanmo.schema.meta';
const LEGACY = 'tech.jgood.gleanmo.schema';

export const TYPE_ATTRIBUTE = `${META}/type`;
export const LEGACY_TYPE_ATTRIBUTE = `${LEGACY}/type`;

/** Fields of every entity type, beside its own. */
export const commonFields = {
  created_at: instant().attribute(`${META}/created-at`),
  deleted_at: instant().attribute(`${META}/deleted-at`).optional(),
};

/** Attributes that keep their XTDB names, of kinds that are known all the same. */
const legacyKinds: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  [LEGACY_TYPE_ATTRIBUTE, 'keyword'],
  [`${LEGACY}/created-at`, 'instant'],
  [`${LEGACY}/deleted-at`, 'instant'],
]);

export const isLegacyAttribute = (attribute: string): boolean => legacyKinds.has(attribute);

export type FieldAttribute = {
  name: string;
  attribute: string;
  /** Whether the attribute is the one that is written; the others are older names. */
  isPrimary: boolean;
  field: Field;
  /** `"name":`, ready to write. */
  jsonKey: string;
};

/** How an entity type's fields and XTDB's attributes map to each other. */
export type AttributeTable = {
  byAttribute: ReadonlyMap<string, FieldAttribute>;
  byName: ReadonlyMap<string, FieldAttribute>;
  required: readonly string[];
  /** Whether some field has older names. */
  hasOlder: boolean;
};

const tableOf = (type: EntityType | undefined): AttributeTable => {
  const byAttribute = new Map<string, FieldAttribute>();
  const byName = new Map<string, FieldAttribute>();
  const namespace = type?.name.replaceAll('_', '-');
  const fields: Readonly<Record<string, Field>> = { ...commonFields, ...type?.fields };
  for (const [name, field] of Object.entries(fields)) {
    const attributes = field.facts.attributes ?? [`${namespace}/${name.replaceAll('_', '-')}`];
    attributes.forEach((attribute, i) => {
      const entry = { name, attribute, isPrimary: i === 0, field, jsonKey: `${JSON.stringify(name)}:` };
      byAttribute.set(attribute, entry);
      if (i === 0) byName.set(name, entry);
    });
  }
  const hasOlder = byAttribute.size > byName.size;
  const required = Object.entries(fields).filter(([, field]) => field.facts.isOptional !== true);
  // Of a type that no schema knows nothing is required.
  return { byAttribute, byName, required: type === undefined ? [] : required.map(([name]) => name), hasOlder };
};

const tables = new Map<EntityType, AttributeTable>();
const untyped = tableOf(undefined);

/** The table of a type; of none, the fields that every entity has. */
export const attributeTable = (type: EntityType | undefined): AttributeTable => {
  if (type === undefined) return untyped;
  let table = tables.get(type);
  if (table === undefined) {
    table = tableOf(type);
    tables.set(type, table);
  }
  return table;
};

/**
 * The JSON key of an attribute that no field names: `ns/name` as it is, and `:plain` with its colon, so that neither
 * can be taken for a field.
 */
export const unknownName = (attribute: string): string => (attribute.includes('/') ? attribute : `:${attribute}`);

/** Whether a JSON key is an attribute under its XTDB name. */
export const isUnknownName = (name: string): boolean => name.startsWith(':') || name.includes('/');

/** The attribute that {@link unknownName} was given. */
export const unknownAttribute = (name: string): string => (name.startsWith(':') ? name.slice(1) : name);

export const unknownKind = (attribute: string): FieldKind => legacyKinds.get(attribute) ?? 'json';
