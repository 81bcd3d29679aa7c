import { docForJson } from '../domain/codec/doc-for-json.ts';

/** A record's JSON text, with the texts that jsonb could not hold put back from its hints. */
export function recordText(row: { readonly record: string; readonly hints: string | null }): string {
  return docForJson(row.record, row.hints);
}
