import * as z from 'zod';

export type JsonSchema = Record<string, unknown>;

/** The JSON Schema (draft 2020-12) of what a zod schema takes; what only code can check is left open. */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return made;
}
