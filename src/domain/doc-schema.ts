import * as z from 'zod';
import { attributeTable, commonFields, isUnknownName, TYPE_ATTRIBUTE, unknownAttribute } from './codec/attributes.ts';
import type { EntityType, Fields } from './define-entity-type.ts';
import { isKeywordName } from './edn/keyword-name.ts';

type Shape<F extends Fields> = { [K in keyof F]: F[K]['schema'] };

/** Attributes that the columns beside a document are made of. */
const ENVELOPE: ReadonlySet<string> = new Set(['xt/id', 'user/id', TYPE_ATTRIBUTE]);

const whyNameRefused = (type: EntityType, name: string): string | null => {
  if (!isUnknownName(name)) return `${type.name} has no field of this name`;
  const attribute = unknownAttribute(name);
  const field = attributeTable(type).byAttribute.get(attribute);
  if (field !== undefined) return `write it as ${field.name}`;
  if (ENVELOPE.has(attribute)) return 'is not part of a document';
  const isPlain = isKeywordName(attribute) && attribute.includes('/') !== name.startsWith(':');
  return isPlain ? null : 'is no name of an attribute: write ns/name or :name';
};

const closed = <S extends z.core.$ZodLooseShape>(type: EntityType, shape: S) =>
  z
    .object(shape)
    .catchall(z.unknown())
    .superRefine(
      (doc, context) => {
        if (typeof doc !== 'object' || doc === null) return;
        for (const key of Object.keys(doc)) {
          if (Object.hasOwn(shape, key)) continue;
          const message = whyNameRefused(type, key);
          if (message !== null) context.addIssue({ code: 'unrecognized_keys', keys: [key], path: [key], message });
        }
      },
      // Name every wrong field at once: also unknown ones beside bad ones.
      { when: () => true },
    );

const shapeOf = <F extends Fields>(type: EntityType<F>): Shape<F> => {
  const schemas = Object.entries(type.fields).map(([name, field]) => [name, field.schema]);
  return Object.fromEntries(schemas);
};

const common = {
  created_at: commonFields.created_at.schema.optional(),
  deleted_at: commonFields.deleted_at.schema,
};

/**
 * The schema of a document that is written here: a plain name that is no field is refused; `ns/name` and `:name`, XTDB
 * attributes that no schema knows, pass.
 */
export const docSchema = <F extends Fields>(type: EntityType<F>) => closed(type, { ...shapeOf(type), ...common });

/** The schema of the fields that a patch sets: any of them, each as the document's schema has it. */
export const patchSchema = <F extends Fields>(type: EntityType<F>) => {
  const partial: Record<string, z.ZodType> = {};
  for (const [name, schema] of Object.entries({ ...shapeOf(type), ...common })) partial[name] = schema.optional();
  return closed(type, partial);
};
