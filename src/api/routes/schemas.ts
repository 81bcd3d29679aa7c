import { Hono } from 'hono';
import * as z from 'zod';
import { entityTypeFacts } from '../../domain/entity-type-facts.ts';
import { Failure } from '../../store/failure.ts';
import type { ApiEnv } from '../env.ts';
import { documentSchema, openApiDocument } from '../openapi/document.ts';
import { path } from '../query.ts';

export const schemaPath = z.object({ type: z.string() });

const API_VERSION = '1';
const MAX_AGE_S = 300;
const CACHE = { 'Cache-Control': `public, max-age=${MAX_AGE_S}` };

/** What tells how to use the API. Public: it holds nobody's data. */
export const schemasRoutes = new Hono<ApiEnv>()
  /** `GET /v1/schemas`: the entity types with their relations and place on the time axis. */
  .get('/v1/schemas', (c) => c.json({ entity_types: entityTypeFacts() }, 200, CACHE))
  /** `GET /v1/schemas/TYPE`: the JSON Schema of its documents. */
  .get('/v1/schemas/:type', path(schemaPath), (c) => {
    const schema = documentSchema(c.req.valid('param').type);
    if (schema === null)
      throw new Failure('AN404', 'There is no such entity type.', { hint: 'GET /v1/schemas lists them.' });
    const $schema = 'https://json-schema.org/draft/2020-12/schema';
    return c.body(JSON.stringify({ $schema, ...schema }), 200, { ...CACHE, 'Content-Type': 'application/schema+json' });
  })
  .get('/openapi.json', (c) => c.json(openApiDocument(API_VERSION), 200, CACHE));
