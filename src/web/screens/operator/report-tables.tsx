import type { Finding } from '../../../importer/chunk-report.ts';
import type { ImportReport } from '../../../importer/import-report.ts';
import { NumbersTable } from './numbers-table.tsx';

const MAX_FINDINGS_SHOWN = 100;

/** What is in a history: its types, and what stood out, with the line of an example. */
export function ReportTables({ report }: { report: ImportReport }) {
  const types = Object.entries(report.types).sort(([, a], [, b]) => b.rows - a.rows);
  const skipped = Object.entries(report.skipped).sort(([, a], [, b]) => b - a);
  return (
    <>
      <h3>By type</h3>
      <NumbersTable
        label="Rows by type"
        columns={['Type', 'Rows', 'Deletes', 'Back-dated', 'Future', 'No user', 'Nonconforming']}
        rows={types.map(([name, type]) => [
          name === '?' ? '(none said)' : name,
          type.rows,
          type.tombstones,
          type.back_dated,
          type.future,
          type.without_user,
          type.nonconforming,
        ])}
      />
      <Findings
        title="Nonconforming documents, which are taken as they are"
        what="Document"
        findings={report.nonconforming}
      />
      <Findings
        title="Attributes that no type knows, which keep their XTDB names"
        what="Attribute"
        findings={report.unknown_attributes}
      />
      {skipped.length > 0 && (
        <>
          <h3>Left out, as the import was told</h3>
          <NumbersTable label="Rows left out" columns={['Type', 'Rows']} rows={skipped} />
        </>
      )}
      {report.other_ids !== null && (
        <p className="settings-note">
          {report.other_ids.count.toLocaleString('en')} rows have an id that is no UUID, such as line{' '}
          {report.other_ids.line.toLocaleString('en')}.
        </p>
      )}
    </>
  );
}

function Findings(props: { title: string; what: string; findings: Readonly<Record<string, Finding>> }) {
  const all = Object.entries(props.findings).sort(([, a], [, b]) => b.count - a.count);
  if (all.length === 0) return null;
  return (
    <>
      <h3>{props.title}</h3>
      <NumbersTable
        label={props.title}
        columns={[props.what, 'Rows', 'Such as line']}
        rows={all.slice(0, MAX_FINDINGS_SHOWN).map(([what, { count, line }]) => [what, count, line])}
      />
      {all.length > MAX_FINDINGS_SHOWN && <p className="settings-note">And {all.length - MAX_FINDINGS_SHOWN} more.</p>}
    </>
  );
}
