import type { EntityType } from '../../domain/define-entity-type.ts';
import { isJsonObject, type JsonObject } from '../../domain/json/json-value.ts';
import { JsonSyntaxError, parseJson } from '../../domain/json/parse-json.ts';
import { csvObjects } from './csv-objects.ts';
import { RestProblem } from './rest-problem.ts';

/** The rows that a body holds: one JSON object, an array of them, or CSV with a header line. */
export function writeBody(contentType: string | undefined, text: string, type: EntityType): JsonObject[] {
  const media = (contentType ?? '').split(';')[0]?.trim().toLowerCase();
  if (media === 'text/csv') return csvObjects(text, type);
  if (
    media !== 'application/json' &&
    media !== 'application/vnd.pgrst.object+json' &&
    media !== 'application/vnd.pgrst.array+json'
  ) {
    throw new RestProblem(415, 'PGRST102', `Content-Type not acceptable: ${(contentType ?? '').slice(0, 100)}`, {
      hint: 'Send application/json or text/csv.',
    });
  }
  const json = readJson(text);
  const rows = Array.isArray(json) ? json : [json];
  if (!rows.every((row) => isJsonObject(row)))
    throw new RestProblem(400, 'PGRST102', 'The body must be an object or an array of objects');
  return rows;
}

function readJson(text: string) {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new RestProblem(400, 'PGRST102', 'Empty or invalid json', { details: error.message });
  }
}
