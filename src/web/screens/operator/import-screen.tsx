import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import type { ImportStatus } from '../../../importer/import-status.ts';
import { failureText } from '../../shell/failure-text.ts';
import { Skeleton } from '../../shell/skeleton.tsx';
import { showToast } from '../../shell/toasts.ts';
import { formatDuration } from '../../time/format-duration.ts';
import { IMPORT_STATES } from './import-list.tsx';
import { OperatorFailure } from './operator-failure.tsx';
import { OperatorHeader } from './operator-header.tsx';
import { RejectsCard } from './rejects-card.tsx';
import { ReportTables } from './report-tables.tsx';
import { useImports } from './use-imports.ts';
import { useInstantInWords } from './use-instant-in-words.ts';
import { VerifyCard } from './verify-card.tsx';

const LOOK_MS = 2_000;

/** One import: how far it is, what it brought, what it could not take, and whether the store holds it. */
export function ImportScreen() {
  const { id } = useParams({ from: '/app/operator/imports/$id' });
  const { api } = useImports();
  const status = useQuery({
    queryKey: ['imports', id],
    queryFn: ({ signal }) => api.status(id, signal),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? LOOK_MS : false),
  });
  const report = useQuery({ queryKey: ['imports', id, 'report'], queryFn: ({ signal }) => api.report(id, signal) });
  return (
    <>
      <title>Import · Annals</title>
      <OperatorHeader />
      {status.data === undefined ? (
        status.isError ? (
          <OperatorFailure error={status.error} retry={() => status.refetch()} />
        ) : (
          <div className="card" role="status" aria-label="Loading the import">
            <Skeleton width="100%" height="14rem" />
          </div>
        )
      ) : (
        <div className="import-screen">
          <StatusCard status={status.data} />
          <VerifyCard status={status.data} />
          {status.data.rejects + status.data.conflicts > 0 && <RejectsCard status={status.data} />}
          <section className="card report" aria-labelledby="report-heading">
            <h2 id="report-heading">Report</h2>
            {report.data === undefined ? (
              report.isError ? (
                <OperatorFailure error={report.error} retry={() => report.refetch()} />
              ) : (
                <Skeleton width="100%" height="12rem" />
              )
            ) : (
              <ReportTables report={report.data} />
            )}
          </section>
        </div>
      )}
    </>
  );
}

function StatusCard({ status }: { status: ImportStatus }) {
  const { api, runner } = useImports();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const instantInWords = useInstantInWords();
  const percent = status.total_bytes === 0 ? 0 : Math.floor((status.bytes / status.total_bytes) * 100);
  const is_open = status.state === 'running' || status.state === 'paused';

  async function act(action: 'pause' | 'cancel'): Promise<void> {
    try {
      if (runner.snapshot().import_id === status.import_id) runner.stop();
      await api.act(status.import_id, action);
    } catch (error) {
      showToast({ text: failureText(error) });
    }
    await queries.invalidateQueries({ queryKey: ['imports'] });
  }

  const figures: readonly (readonly [name: string, value: number, note: string])[] = [
    ['Rows', status.rows, `${status.inserted.toLocaleString('en')} of them new`],
    ['Deletes', status.tombstones, `${status.evictions.toLocaleString('en')} evictions`],
    ['Rejects', status.rejects + status.conflicts, `${status.mended.toLocaleString('en')} mended`],
    ['Nonconforming', status.nonconforming, 'taken as they are'],
  ];
  return (
    <section aria-labelledby="status-heading" className="import-status">
      <p>
        <Link to="/operator/imports">All imports</Link>
      </p>
      <h2 id="status-heading">{status.file_name}</h2>
      <p className="settings-note">
        {IMPORT_STATES[status.state]} since {instantInWords(status.state_since)} · begun{' '}
        {instantInWords(status.created_at)} · ran for {formatDuration(status.running_ms)} ·{' '}
        {status.chunks.toLocaleString('en')} chunks, {(status.total_bytes / 1_000_000).toFixed(1)} MB
      </p>
      {is_open && <progress aria-label="Import" max={100} value={percent} />}
      {status.last_error !== null && <p className="problem-text">{status.last_error}</p>}
      {status.forced_reason !== null && <p>Finished although the footer disagreed: {status.forced_reason}</p>}
      {is_open && (
        <div className="import-actions">
          {status.state === 'running' && (
            <button type="button" className="button" onClick={() => act('pause')}>
              Pause
            </button>
          )}
          {status.state === 'paused' && (
            <label className="button button-primary file-button">
              Go on with its file
              <input
                type="file"
                accept=".edn,.ndjson,.gz"
                onChange={(event) => {
                  const file = event.target.files?.[0];
                  if (file === undefined) return;
                  runner.choose(file, status.arguments);
                  void runner.import().then(() => queries.invalidateQueries({ queryKey: ['imports'] }));
                  void navigate({ to: '/operator/imports' });
                }}
              />
            </label>
          )}
          <button type="button" className="button" onClick={() => act('cancel')}>
            Cancel import
          </button>
        </div>
      )}
      <dl className="summary">
        {figures.map(([name, value, note]) => (
          <div className="card summary-item" key={name}>
            <dt>{name}</dt>
            <dd>
              <span className="summary-value">{value.toLocaleString('en')}</span>
              <span className="summary-note">{note}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
