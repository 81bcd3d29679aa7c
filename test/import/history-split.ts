import { xtdbIdHash } from '../../src/domain/codec/entity-id.ts';
import { readEdn } from '../../src/domain/edn/read.ts';
import { type HistoryCut, historyOf } from './history-cut.ts';

/** A history as it is exported at a cutover: all of it while the app runs, then what was written since. */
export interface SplitHistory {
  readonly base: HistoryCut;
  /** The whole history of every entity that was written after the base's last transaction. */
  readonly delta: HistoryCut;
  /** What one export in place of both would be. */
  readonly whole: HistoryCut;
  /** Rows of the base that are in neither later file, since their entities were evicted. */
  readonly evicted_rows: number;
}

interface Entity {
  readonly eid: string;
  readonly rows: { readonly tx: number; readonly line: string }[];
}

const ROW = /^\{:eid (.*?), :vt #inst "[^"]*", :tt #inst "[^"]*", :tx (\d+), /s;

/**
 * Splits a history at a transaction id, as the exporter's `--since` does. After its end two entities of the base are evicted, the
 * first with a UUID and the first with none; the former is put again.
 */
export function splitHistory(cut: HistoryCut, since: number): SplitHistory {
  const [header = ''] = cut.lines;
  const entities: Entity[] = [];
  for (const line of cut.lines) {
    const [, eid, tx] = ROW.exec(line) ?? [];
    if (eid === undefined) continue;
    if (entities.at(-1)?.eid !== eid) entities.push({ eid, rows: [] });
    entities.at(-1)?.rows.push({ tx: Number(tx), line });
  }
  const isOld = ({ rows }: Entity) => rows.every(({ tx }) => tx <= since);
  const gone = [true, false].map((isUuid) =>
    entities.find((entity) => isOld(entity) && entity.eid.startsWith('#uuid') === isUuid),
  );
  const [again] = gone;
  const linesOf = (entity: Entity, most: number): string[] => {
    if (most === Number.POSITIVE_INFINITY && gone.includes(entity)) {
      const hash = hashOf(entity.eid);
      const lines = [`{:evicted "${hash}", :tx 900000, :tt #inst "2026-06-30T00:00:00.000-00:00"}`];
      const back = `{:eid ${entity.eid}, :vt #inst "2026-06-30T01:00:00.000-00:00", :tt #inst "2026-06-30T01:00:00.000-00:00", :tx 900001, :doc {:xt/id ${entity.eid}, :note "again"}}`;
      return entity === again ? [...lines, back] : lines;
    }
    return entity.rows.filter(({ tx }) => tx <= most).map(({ line }) => line);
  };
  const file = (first: string, groups: readonly (readonly string[])[]): HistoryCut => {
    const lines = groups.flat();
    const evicted = lines.filter((line) => line.startsWith('{:evicted')).length;
    const rows = lines.length - evicted;
    const named = groups.filter((group) => group.some((line) => !line.startsWith('{:evicted'))).length;
    return historyOf(
      [first, ...lines, `{:annals/end true, :rows ${rows}, :entities ${named}, :evicted ${evicted}}`],
      rows,
      named,
    );
  };
  const later = entities.filter((entity) => !isOld(entity) || gone.includes(entity));
  const end = Number.POSITIVE_INFINITY;
  return {
    base: file(
      header,
      entities.map((entity) => linesOf(entity, since)),
    ),
    delta: file(
      header.replace(':version "1.24.5"', `:version "1.24.5", :since ${since}`),
      later.map((entity) => linesOf(entity, end)),
    ),
    whole: file(
      header,
      entities.map((entity) => linesOf(entity, end)),
    ),
    evicted_rows: gone.reduce((sum, entity) => sum + (entity?.rows.length ?? 0), 0),
  };
}

function hashOf(eid: string): string {
  const read = readEdn(eid);
  const hash = read.ok ? xtdbIdHash(read.value) : null;
  if (hash === null) throw new Error(`${eid} has no hash`);
  return hash;
}
