import type { RunPhase, RunProgress } from '../../imports/import-runner.ts';
import { formatDuration } from '../../time/format-duration.ts';

const PHASES: Readonly<Record<RunPhase, string>> = {
  checking: 'Decoding and counting, on this device',
  reading: 'Taking the file’s fingerprint',
  sending: 'Importing',
  finishing: 'Finishing',
};

/** How far a file is: share, rows, rows a second, time left, rejects. */
export function RunProgressBar({ progress }: { progress: RunProgress }) {
  const { phase, share, rows, rejects, rows_per_s, left_s, retrying } = progress;
  const percent = Math.min(100, Math.floor(share * 100));
  const facts = [
    rows > 0 && `${rows.toLocaleString('en')} rows`,
    rows_per_s > 0 && `${Math.round(rows_per_s).toLocaleString('en')} rows a second`,
    left_s !== null && `${formatDuration(Math.ceil(left_s) * 1_000)} left`,
    `${rejects.toLocaleString('en')} ${rejects === 1 ? 'reject' : 'rejects'}`,
  ];
  return (
    <div className="run-progress">
      <p className="run-progress-head">
        <strong>{PHASES[phase]}</strong>
        <span>{percent}%</span>
      </p>
      <progress aria-label={PHASES[phase]} max={100} value={percent} />
      <p className="settings-note">{facts.filter(Boolean).join(' · ')}</p>
      {retrying !== null && <p role="status">{retrying}</p>}
    </div>
  );
}
