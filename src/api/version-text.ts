import { docForJson } from '../domain/codec/doc-for-json.ts';
import type { StoredVersion } from '../store/entity-history.ts';
import type { Json } from './answer-types.ts';
import type { TransactionEntryJson } from './routes/transactions.ts';

/** A version as histories answer it; `doc` null is a delete, `transaction` null an import. */
export type VersionJson = {
  version: number;
  valid_time: string;
  tx_time: string;
  tx: number;
  entity_type: string | null;
  changed: string[];
  doc: { [field: string]: Json } | null;
  transaction: TransactionEntryJson | null;
};

/** The JSON text of a version. */
export function versionText(v: StoredVersion & { readonly id?: string }): string {
  return (
    `{${v.id === undefined ? '' : `"id":"${v.id}",`}"version":${v.version},"valid_time":"${v.valid_time}","tx_time":"${v.tx_time}","tx":${v.tx},` +
    `"entity_type":${JSON.stringify(v.entity_type)},"changed":${JSON.stringify(v.changed)},` +
    `"doc":${v.doc === null ? 'null' : docForJson(v.doc, v.hints)},"transaction":${v.transaction}}`
  );
}
