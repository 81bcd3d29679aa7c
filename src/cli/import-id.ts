import { isUuid } from '../domain/edn/tags.ts';
import type { ImportApi } from '../import-client/import-api.ts';
import { CliFailure, EXIT } from './cli-failure.ts';

/** An import's id, of which the beginning is enough. @throws CliFailure when it is that of none, or of several */
export async function importId(api: ImportApi, given: string): Promise<string> {
  if (isUuid(given)) return given;
  const found = (await api.list()).filter(({ import_id }) => import_id.startsWith(given.toLowerCase()));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.import_id;
  throw new CliFailure(EXIT.usage, `${given} is the id of ${found.length === 0 ? 'no import' : 'several imports'}.`, {
    hint: 'List them with: annals imports',
  });
}
