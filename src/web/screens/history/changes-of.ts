import type { LoggedVersion, Transaction } from '../../api.ts';

/** What was written together; without a transaction it came by an import. */
export interface Change {
  readonly key: string;
  readonly versions: readonly LoggedVersion[];
  readonly transaction: Transaction | null;
}

/** @param versions the newest first, of all pages: a change may begin on one and end on the next */
export function changesOf(versions: readonly LoggedVersion[]): Change[] {
  return [...Map.groupBy(versions, ({ tx, tx_time }) => `${tx} ${tx_time}`)].map(([key, written]) => ({
    key,
    versions: written.toReversed(),
    transaction: written[0]?.transaction ?? null,
  }));
}
