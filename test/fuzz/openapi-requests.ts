import fc from 'fast-check';
import { entityTypes } from '../../src/domain/entity-types.generated.ts';
import { fromSchema, hostile, type Schema, type Vocabulary } from './from-schema.ts';

interface Operation {
  readonly parameters: readonly { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** What is used of the served description. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Requests to every operation of the description, most of them as it asks for them. */
export function openApiRequests(api: OpenApi, ids: readonly string[]): fc.Arbitrary<FuzzedRequest> {
  const words: Vocabulary = {
    ids,
    texts: [...Object.keys(entityTypes), 'label', 'notes', 'archived', 'x/y', '/notes', '/x~1y/0', '*', '"1"', 'now'],
  };
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const build = (schema: Schema) => fromSchema(schema, api.components.schemas, words);
  return fc.constantFrom(...operations).chain(({ path, method, operation }) => {
    const inPlace = (place: string) => operation.parameters.filter((parameter) => parameter.in === place);
    const values = (place: string) =>
      fc.record(Object.fromEntries(inPlace(place).map(({ name, schema }) => [name, build(schema)])), {
        requiredKeys: inPlace(place).flatMap(({ name, required }) => (required === true ? [name] : [])),
      });
    const bodies = Object.entries(operation.requestBody?.content ?? {}).map(([type, { schema }]) =>
      fc.record({
        type: fc.constant(type),
        text: fc.oneof({ weight: 9, arbitrary: build(schema).map((json) => JSON.stringify(json)) }, hostile),
      }),
    );
    return fc
      .tuple(
        values('path'),
        values('query'),
        values('header'),
        bodies.length === 0 ? fc.constant(null) : fc.oneof(...bodies),
      )
      .map(([inPath, query, headers, body]) => ({
        method: method.toUpperCase(),
        path: path.replace(/\{(\w+)\}/g, (_, name: string) => encoded(inPath[name])) + queryText(query),
        headers: {
          ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, headerText(value)])),
          ...(body !== null && { 'Content-Type': body.type }),
        },
        body: body?.text ?? null,
      }));
  });
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed();
/** A segment of nothing, or of dots, would be another address. */
const encoded = (value: unknown): string => encodeURIComponent(textOf(value)).replace(/^\.*$/, '%2E-');
const headerText = (value: unknown): string =>
  textOf(value)
    .replace(/[^ -~]/g, '')
    .trim();

function queryText(query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(textOf(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
