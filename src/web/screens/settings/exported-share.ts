const LINE_OF_ENTITY = /^\{(?:"id":|:eid #uuid )"([0-9a-f]{8})-/;
const IDS = 2 ** 32;

/**
 * How far an export is, from 0 to 1: it goes by id, and ids are random, so that the last one tells its share of them all
 * with nobody counting. Null where the page does not say.
 */
export function exportedShare(page: string): number | null {
  const lines = page.trimEnd().split('\n');
  for (const line of lines.toReversed()) {
    const digits = LINE_OF_ENTITY.exec(line)?.[1];
    if (digits !== undefined) return Number.parseInt(digits, 16) / IDS;
  }
  return null;
}
