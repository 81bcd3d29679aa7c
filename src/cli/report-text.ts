import type { Finding } from '../importer/chunk-report.ts';
import type { ImportReport } from '../importer/import-report.ts';
import { table } from './table.ts';

const MAX_FINDINGS_SHOWN = 15;

/** The report as an operator reads it: a table of types, then what stood out, with an example line of each. */
export function reportText({ types, nonconforming, unknown_attributes, other_ids, skipped }: ImportReport): string {
  const rows = Object.entries(types)
    .sort(([, a], [, b]) => b.rows - a.rows)
    .map(([name, t]) => [
      name === '?' ? '(none said)' : name,
      t.rows,
      t.entities,
      t.versions,
      t.tombstones,
      t.back_dated,
      t.future,
      t.without_user,
      t.nonconforming,
    ]);
  const head = ['type', 'rows', 'entities', 'versions', 'deletes', 'back-dated', 'future', 'no user', 'nonconforming'];
  return [
    table([head, ...rows]),
    ...skippedText(skipped),
    ...findings('Nonconforming documents, which are taken as they are:', nonconforming),
    ...findings('Attributes that no type knows, which keep their XTDB names:', unknown_attributes),
    ...(other_ids === null ? [] : [`Ids that were no UUID: ${other_ids.count} rows, such as line ${other_ids.line}.`]),
  ].join('\n\n');
}

function skippedText(skipped: Readonly<Record<string, number>>): string[] {
  const types = Object.entries(skipped).sort(([, a], [, b]) => b - a);
  return types.length === 0
    ? []
    : [`Rows left out, as the import was told:\n${table(types.map(([name, count]) => [count, name]))}`];
}

function findings(title: string, found: Readonly<Record<string, Finding>>): string[] {
  const all = Object.entries(found).sort(([, a], [, b]) => b.count - a.count);
  if (all.length === 0) return [];
  const shown = all
    .slice(0, MAX_FINDINGS_SHOWN)
    .map(([what, { count, line }]) => [count, what, `line ${line}`] as const);
  const more = all.length > shown.length ? `\n(and ${all.length - shown.length} more)` : '';
  return [`${title}\n${table(shown)}${more}`];
}
