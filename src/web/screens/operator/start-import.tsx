import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type ImportChoice, importChoice } from '../../../import-client/import-choice.ts';
import type { ImportRun } from '../../imports/import-runner.ts';
import { failureText } from '../../shell/failure-text.ts';
import { showToast } from '../../shell/toasts.ts';
import { FileDrop } from './file-drop.tsx';
import { PartChoice } from './part-choice.tsx';
import { ReportTables } from './report-tables.tsx';
import { RunProgressBar } from './run-progress-bar.tsx';
import { useImportRun, useImports } from './use-imports.ts';

/** From a file on this device to an import, with what becomes of it. */
export function StartImport() {
  const { api, runner } = useImports();
  const queries = useQueryClient();
  const run = useImportRun();
  const { file, progress, outcome } = run;
  const [choice, setChoice] = useState<ImportChoice>({});
  const [problem, setProblem] = useState<string | null>(null);

  /** @returns false for a choice that makes no sense; an import that was begun goes on with its own */
  function choosePart(): boolean {
    if (run.import_id !== null) return true;
    try {
      runner.choose(file, importChoice(choice));
      setProblem(null);
      return true;
    } catch (error) {
      setProblem(failureText(error));
      return false;
    }
  }

  async function begin(): Promise<void> {
    if (!choosePart()) return;
    await runner.import();
    await queries.invalidateQueries({ queryKey: ['imports'] });
  }

  async function cancel(): Promise<void> {
    const { import_id } = run;
    runner.stop();
    try {
      if (import_id !== null) await api.act(import_id, 'cancel');
      showToast({ text: 'The import is cancelled. What it wrote stays.' });
    } catch (error) {
      showToast({ text: failureText(error) });
    }
    await queries.invalidateQueries({ queryKey: ['imports'] });
  }

  return (
    <section className="card import-start" aria-labelledby="start-heading">
      <h2 id="start-heading">Import a history</h2>
      {file === null ? (
        <FileDrop
          title="Drop a history here, or choose a file"
          note="What exporters/xtdb1 or an export of Annals wrote: .edn or .ndjson, as it is or gzipped."
          choose={(chosen) => runner.choose(chosen)}
        />
      ) : (
        <>
          <p className="import-file">
            <strong>{file.name}</strong>
            <span className="settings-note">{(file.size / 1_000_000).toFixed(1)} MB</span>
          </p>
          {progress === null && outcome === null && run.import_id === null && (
            <PartChoice choice={choice} change={setChoice} />
          )}
          {progress === null ? (
            <div className="import-actions">
              {outcome === null && (
                <>
                  <button type="button" className="button button-primary" onClick={begin}>
                    {run.import_id === null ? 'Import' : 'Go on'}
                  </button>
                  <button type="button" className="button" onClick={() => choosePart() && runner.check()}>
                    Dry run
                  </button>
                </>
              )}
              <button type="button" className="button" onClick={() => runner.choose(null)}>
                Another file
              </button>
            </div>
          ) : (
            <>
              <RunProgressBar progress={progress} />
              <div className="import-actions">
                <button type="button" className="button" disabled={run.is_stopping} onClick={() => runner.stop()}>
                  {progress.phase === 'checking' ? 'Stop' : run.is_stopping ? 'Pausing…' : 'Pause'}
                </button>
                {run.import_id !== null && (
                  <button type="button" className="button" disabled={run.is_stopping} onClick={cancel}>
                    Cancel import
                  </button>
                )}
              </div>
            </>
          )}
          <div role="status">
            {problem === null ? <Outcome run={run} /> : <p className="problem-text">{problem}</p>}
          </div>
          {run.check !== null && <DryRunReport check={run.check} />}
        </>
      )}
    </section>
  );
}

function Outcome({ run }: { run: ImportRun }) {
  const { outcome, problem, progress, import_id, check } = run;
  if (progress !== null) return null;
  if (problem !== null) return <p className="problem-text">{problem}</p>;
  if (outcome !== null) {
    const found = outcome.rejects + outcome.conflicts;
    return (
      <p>
        <strong>Done.</strong> {outcome.rows.toLocaleString('en')} rows, {outcome.inserted.toLocaleString('en')} of them
        new, {found.toLocaleString('en')} {found === 1 ? 'reject' : 'rejects'}.{' '}
        <Link to="/operator/imports/$id" params={{ id: outcome.import_id }}>
          Look at it, and verify it
        </Link>
      </p>
    );
  }
  if (check !== null) {
    return (
      <p>
        <strong>Nothing was written.</strong> {check.rows.toLocaleString('en')} rows,{' '}
        {check.evictions.toLocaleString('en')} evictions, {check.rejects.toLocaleString('en')}{' '}
        {check.rejects === 1 ? 'reject' : 'rejects'}.
      </p>
    );
  }
  return import_id === null ? null : <p>It is paused. What is in stays in.</p>;
}

function DryRunReport({ check }: { check: NonNullable<ImportRun['check']> }) {
  return (
    <div className="report">
      {check.first_rejects.length > 0 && (
        <>
          <h3>Lines that cannot be taken</h3>
          <ul className="reject-list">
            {check.first_rejects.map(({ line, reason }) => (
              <li key={line}>
                Line {line.toLocaleString('en')}: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
      <ReportTables report={check.report} />
    </div>
  );
}
