import * as z from 'zod';
import type { EntityType } from '../../domain/define-entity-type.ts';
import { docSchema, patchSchema } from '../../domain/doc-schema.ts';
import { entityType } from '../../domain/entity-type.ts';
import { entityTypes } from '../../domain/entity-types.generated.ts';
import { failure } from './answers.ts';
import { DESCRIBED_ROUTES, type DescribedRoute, HEADERS } from './described-routes.ts';
import { type JsonSchema, jsonSchema } from './json-schema.ts';

const STATUS_MEANING: Readonly<Record<number, string>> = {
  304: 'Not changed: the ETag is known',
  400: 'The body is not JSON',
  401: 'No valid access token',
  403: 'The token lacks the scope operator',
  404: 'There is none, or none that is yours',
  409: 'It conflicts with what is stored',
  412: 'A precondition does not hold; nothing was written',
  413: 'Too much for one request',
  415: 'The body must be JSON',
  422: 'A value is not valid; details names each',
  503: 'Try again in a moment; nothing is known to be written',
  504: 'It took too long; nothing was written',
};

/** The OpenAPI 3.1 document of the routes under /v1, made of the schemas that the routes validate by. */
export function openApiDocument(version: string): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  for (const route of DESCRIBED_ROUTES) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Annals',
      version,
      description:
        'A document store with full history. Errors are {code, message, details, hint}; numbers may be longer than a double holds.',
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Failure: jsonSchema(failure), ...documentSchemas() },
    },
  };
}

/** The JSON Schema of a type's documents; null for no type. */
export function documentSchema(name: string): JsonSchema | null {
  const type = entityType(name);
  return type === undefined ? null : { title: name, ...jsonSchema(docSchema(type)) };
}

function documentSchemas(): Record<string, JsonSchema> {
  const types = Object.values<EntityType>(entityTypes);
  return {
    ...Object.fromEntries(types.map((type) => [type.name, { title: type.name, ...jsonSchema(docSchema(type)) }])),
    ...Object.fromEntries(types.map((type) => [`${type.name}.patch`, jsonSchema(patchSchema(type))])),
  };
}

function operationOf(route: DescribedRoute): JsonSchema {
  const failures = [...(route.failures ?? []), ...(route.access === 'public' ? [] : [401, 503, 504]), 422].sort();
  return {
    tags: [route.tag],
    summary: route.summary,
    operationId: operationId(route),
    ...(route.access === 'public' && { security: [] }),
    parameters: [
      ...parametersOf('path', route.parameters),
      ...parametersOf('query', route.query),
      ...(route.headers ?? []).map((name) => ({
        name,
        in: 'header',
        description: HEADERS[name],
        schema: { type: 'string' },
      })),
    ],
    ...(route.body !== undefined && {
      requestBody: { required: route.path !== '/v1/transactions/:tx/undo', content: bodyOf(route.body) },
    }),
    responses: {
      200: {
        description: 'Done',
        content: Object.fromEntries(
          Object.entries(route.answer).map(([type, schema]) => [
            type,
            { schema: z.toJSONSchema(schema, { unrepresentable: 'any' }) },
          ]),
        ),
      },
      ...Object.fromEntries(
        failures.map((status) => [
          status,
          {
            description: STATUS_MEANING[status] ?? '',
            ...(status >= 400 && {
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
            }),
          },
        ]),
      ),
    },
  };
}

/** `put /v1/entities/:type/:id` is `put_entities_type_id`. */
function operationId({ method, path }: DescribedRoute): string {
  return [method, ...path.replace('/v1/', '').replaceAll(':', '').split('/')].join('_');
}

function parametersOf(place: 'path' | 'query', schema: z.ZodObject | undefined): JsonSchema[] {
  if (schema === undefined) return [];
  const { properties, required = [] } = jsonSchema(schema) as { properties: JsonSchema; required?: string[] };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

function bodyOf(body: NonNullable<DescribedRoute['body']>): JsonSchema {
  const anyOf = (suffix: string) => ({
    oneOf: Object.keys(entityTypes).map((name) => ({ $ref: `#/components/schemas/${name}${suffix}` })),
  });
  return Object.fromEntries(
    Object.entries(body).map(([type, schema]) => [
      type,
      { schema: schema === null ? anyOf(type === 'application/json' ? '' : '.patch') : jsonSchema(schema) },
    ]),
  );
}
