import * as z from 'zod';
import type { EntityType } from '../../domain/define-entity-type.ts';
import { docSchema, patchSchema } from '../../domain/doc-schema.ts';
import { entityType } from '../../domain/entity-type.ts';
import { entityTypes } from '../../domain/entity-types.generated.ts';
import { failure } from './answers.ts';
import { ANSWER_HEADERS, type DescribedHeader, HEADERS } from './described-headers.ts';
import { type DescribedRoute, headersOf } from './described-route.ts';
import { DESCRIBED_ROUTES } from './described-routes.ts';
import { type JsonSchema, jsonSchema } from './json-schema.ts';

const STATUS_MEANING: Readonly<Record<number, string>> = {
  304: 'Not changed: the ETag is known',
  400: 'The body is not JSON in UTF-8',
  401: 'No valid access token',
  403: 'The token lacks the scope operator',
  404: 'There is none, or none that is yours',
  409: 'It conflicts with what is stored',
  410: 'The Basis is gone: begin again with Basis: now',
  412: 'A precondition does not hold; nothing was written',
  413: 'Too much for one request',
  415: 'The body must be JSON, uncompressed',
  422: 'A value is not valid; details names each',
  503: 'Try again in a moment; nothing is known to be written',
  504: 'It took too long; nothing was written',
};

const TAGS: Readonly<Record<DescribedRoute['tag'], string>> = {
  Records: 'One record, or a type’s records, now or as they were',
  Transactions: 'Writes of any mix, all or nothing, and who wrote what',
  History: 'Versions, by valid time and transaction time',
  Screens: 'What a screen shows, in one request',
  Copies: 'Changes as they come, and everything out',
  Schemas: 'The entity types; open to anyone',
  Operator: 'For tokens with the scope operator',
  Imports: 'Histories coming in, chunk by chunk; for tokens with the scope operator',
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
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'A document store with full history. Errors are {code, message, details, hint}; numbers may be longer than a double holds.',
    },
    servers: [{ url: '/', description: 'Where this description came from' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      headers: Object.fromEntries(
        Object.entries(ANSWER_HEADERS).map(([name, description]) => [
          name,
          { description, schema: { type: 'string' } },
        ]),
      ),
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
  const done = {
    description: 'Done',
    headers: headerRefs(answerHeadersOf(route)),
    content: Object.fromEntries(
      Object.entries(route.answer).map(([type, schema]) => [
        type,
        { schema: z.toJSONSchema(schema, { unrepresentable: 'any' }) },
      ]),
    ),
  };
  return {
    tags: [route.tag],
    summary: route.summary,
    operationId: operationId(route),
    ...(route.access === 'public' && { security: [] }),
    parameters: [
      ...parametersOf('path', route.parameters),
      ...parametersOf('query', route.query),
      ...headersOf(route).map((name) => ({
        name,
        in: 'header',
        description: HEADERS[name].description,
        schema: name === 'If-None-Match' && route.method !== 'get' ? { const: '*' } : headerSchema(HEADERS[name]),
      })),
    ],
    ...(route.body !== undefined && {
      requestBody: { required: route.isBodyOptional !== true, content: bodyOf(route.body) },
    }),
    responses: {
      200: done,
      ...(route.creates && { 201: { ...done, description: 'Made' } }),
      ...Object.fromEntries(
        statusesOf(route).map((status) => [
          status,
          {
            description: STATUS_MEANING[status] ?? '',
            headers: headerRefs(FAILURE_HEADERS[status] ?? []),
            ...(status >= 400 && {
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
            }),
          },
        ]),
      ),
    },
  };
}

const headerSchema = ({ pattern, example }: DescribedHeader): JsonSchema => ({
  type: 'string',
  pattern,
  ...(example !== undefined && { examples: [example] }),
});

type AnswerHeader = keyof typeof ANSWER_HEADERS;
const FAILURE_HEADERS: Readonly<Record<number, readonly AnswerHeader[]>> = {
  304: ['ETag'],
  401: ['WWW-Authenticate'],
  403: ['WWW-Authenticate'],
  503: ['Retry-After'],
};

const headerRefs = (names: readonly AnswerHeader[]): JsonSchema =>
  Object.fromEntries(
    [...names, 'X-Request-Id' as const].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );

function answerHeadersOf(route: DescribedRoute): AnswerHeader[] {
  const headers = headersOf(route);
  const found: AnswerHeader[] = [];
  if (headers.includes('If-None-Match')) found.push('ETag');
  if (headers.includes('Basis')) found.push('Basis');
  if (headers.includes('Accept-Datetime')) found.push('Memento-Datetime', 'Link');
  if (route.path === '/v1/export') found.push('Link');
  if (route.method !== 'get' && route.access === undefined) found.push('Position');
  return found;
}

/** The statuses besides 200: what a route takes says most of what can be wrong with it. */
function statusesOf(route: DescribedRoute): number[] {
  const headers = headersOf(route);
  const takesAny = headers.length > 0 || (route.parameters ?? route.query ?? route.body) !== undefined;
  const statuses = [
    ...(route.failures ?? []),
    ...(takesAny ? [422] : []),
    ...(route.access === 'public' ? [] : [401, 413, 503, 504]),
    ...(route.access === 'operator' ? [403] : []),
    ...(route.body === undefined ? [] : [400, 413, 415]),
    ...(headers.includes('If-None-Match') && route.method === 'get' ? [304] : []),
    ...(headers.includes('If-Match') ? [412] : []),
    ...(headers.includes('Basis') ? [410] : []),
  ];
  return [...new Set(statuses)].sort();
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
    anyOf: Object.keys(entityTypes).map((name) => ({ $ref: `#/components/schemas/${name}${suffix}` })),
  });
  return Object.fromEntries(
    Object.entries(body).map(([type, schema]) => [
      type,
      { schema: schema === null ? anyOf(type === 'application/json' ? '' : '.patch') : jsonSchema(schema) },
    ]),
  );
}
