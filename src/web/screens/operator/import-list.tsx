import { Link } from '@tanstack/react-router';
import type { ImportState, ImportStatus } from '../../../importer/import-status.ts';
import { useInstantInWords } from './use-instant-in-words.ts';

export const IMPORT_STATES: Readonly<Record<ImportState, string>> = {
  running: 'Running',
  paused: 'Paused',
  cancelled: 'Cancelled',
  finished: 'Finished',
};

/** All imports, the newest first. */
export function ImportList({ imports }: { imports: readonly ImportStatus[] }) {
  const instantInWords = useInstantInWords();
  if (imports.length === 0) {
    return (
      <p className="card-empty">None yet. Choose a file above; a dry run shows what is in it and writes nothing.</p>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className="chart-scroll" tabIndex={0} aria-label="Imports, the newest first">
      <table>
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">State</th>
            <th scope="col" className="number">
              Rows
            </th>
            <th scope="col" className="number">
              New
            </th>
            <th scope="col" className="number">
              Rejects
            </th>
            <th scope="col">Begun</th>
          </tr>
        </thead>
        <tbody>
          {imports.map((each) => (
            <tr key={each.import_id}>
              <th scope="row">
                <Link to="/operator/imports/$id" params={{ id: each.import_id }}>
                  {each.file_name}
                </Link>
              </th>
              <td className="import-state" data-state={each.state}>
                {IMPORT_STATES[each.state]}
                {each.state !== 'finished' && each.total_bytes > 0 && (
                  <span className="record-about"> {Math.floor((each.bytes / each.total_bytes) * 100)}%</span>
                )}
              </td>
              <td className="number">{each.rows.toLocaleString('en')}</td>
              <td className="number">{each.inserted.toLocaleString('en')}</td>
              <td className="number">{(each.rejects + each.conflicts).toLocaleString('en')}</td>
              <td>{instantInWords(each.created_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
