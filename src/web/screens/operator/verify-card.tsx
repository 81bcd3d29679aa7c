import { useRef, useState } from 'react';
import type { ImportStatus } from '../../../importer/import-status.ts';
import { type ImportVerification, verifyImport } from '../../imports/verify-import.ts';
import { failureText } from '../../shell/failure-text.ts';
import { FileDrop } from './file-drop.tsx';
import { NumbersTable } from './numbers-table.tsx';
import { useImportRun, useImports } from './use-imports.ts';

const MAX_DIFFERENCES_SHOWN = 100;

/** Compares the file with what the store holds of it: every version of every entity, by count and digest. */
export function VerifyCard({ status }: { status: ImportStatus }) {
  const { api } = useImports();
  const { file: chosen, import_id } = useImportRun();
  const [share, setShare] = useState<number | null>(null);
  const [found, setFound] = useState<ImportVerification | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const running = useRef<AbortController | null>(null);
  const own_file = import_id === status.import_id ? chosen : null;

  async function verify(file: File): Promise<void> {
    const control = new AbortController();
    running.current = control;
    setFound(null);
    setProblem(null);
    setShare(0);
    try {
      setFound(await verifyImport(api, status, file, setShare, control.signal));
    } catch (error) {
      setProblem(control.signal.aborted ? 'Stopped.' : failureText(error));
    } finally {
      setShare(null);
    }
  }

  return (
    <section className="card import-start" aria-labelledby="verify-heading">
      <h2 id="verify-heading">Verify</h2>
      <p className="settings-note">
        Reads the file on this device and compares, entity by entity, the number of its versions and a digest of all
        they say with what the store holds. <code>annals verify</code> also asks a thousand questions about the past.
      </p>
      {share !== null ? (
        <div className="run-progress">
          <progress aria-label="Verification" max={100} value={Math.floor(share * 100)} />
          <button type="button" className="button" onClick={() => running.current?.abort()}>
            Stop
          </button>
        </div>
      ) : own_file !== null ? (
        <div className="import-actions">
          <button type="button" className="button button-primary" onClick={() => verify(own_file)}>
            Verify with {own_file.name}
          </button>
        </div>
      ) : (
        <FileDrop
          title={`Drop ${status.file_name} here, or choose it`}
          note="It is read here and not sent."
          choose={verify}
        />
      )}
      <div role="status">
        {problem !== null && <p className="problem-text">{problem}</p>}
        {found !== null && <Verdict found={found} />}
      </div>
      {found !== null && found.differences.length > 0 && (
        <NumbersTable
          label="Differences"
          columns={['Entity', 'Versions in the file', 'Versions in the store']}
          rows={found.differences
            .slice(0, MAX_DIFFERENCES_SHOWN)
            .map(({ key, file_lines, store_lines }) => [key, file_lines, store_lines])}
        />
      )}
    </section>
  );
}

function Verdict({ found: { file, entities, differences } }: { found: ImportVerification }) {
  return (
    <p>
      <strong>{verdict(differences.length, file.unreadable)}</strong>{' '}
      {`${file.rows.toLocaleString('en')} versions of ${entities.toLocaleString('en')} entities compared`}
      {file.skipped > 0 && `; ${file.skipped.toLocaleString('en')} rows left out, as the import was told`}.
    </p>
  );
}

function verdict(differing: number, unreadable: number): string {
  const lines = unreadable === 1 ? 'a line' : `${unreadable.toLocaleString('en')} lines`;
  const besides = (joint: string) => (unreadable === 0 ? '' : `${joint} ${lines} that nobody can read`);
  return differing === 0
    ? `Equal${besides(' but for')}.`
    : `Not equal: ${differing.toLocaleString('en')} entities differ${besides(', besides')}.`;
}
