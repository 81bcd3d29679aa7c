import { useRouteContext } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { failureText } from '../../shell/failure-text.ts';
import { saveFile } from '../../shell/save-file.ts';
import { exportedShare } from './exported-share.ts';

const PAGE_ROWS = 2_000;
/** A bound for the loop; 20 million rows. */
const MAX_PAGES = 10_000;

interface Progress {
  readonly rows: number;
  readonly bytes: number;
  /** From 0 to 1. */
  readonly share: number;
}

/** All of a user's data as a file, page by page, with what has come so far. */
export function ExportCard() {
  const { api } = useRouteContext({ from: '/app' });
  const [format, setFormat] = useState<'ndjson' | 'edn'>('ndjson');
  const [history, setHistory] = useState<'full' | 'current'>('full');
  const [progress, setProgress] = useState<Progress | null>(null);
  const [outcome, setOutcome] = useState<string | null>(null);
  const running = useRef<AbortController | null>(null);

  async function run(): Promise<void> {
    const control = new AbortController();
    running.current = control;
    setOutcome(null);
    setProgress({ rows: 0, bytes: 0, share: 0 });
    try {
      const parts: string[] = [];
      let rows = 0;
      let bytes = 0;
      let share = 0;
      let next: string | null = `/v1/export?format=${format}&history=${history}&limit=${PAGE_ROWS}`;
      for (let page = 0; next !== null && page < MAX_PAGES; page++) {
        const { text, next: following } = await api.exportPage(next, control.signal);
        parts.push(text);
        bytes += text.length;
        rows += text.split('\n').length - 1;
        next = following;
        share = exportedShare(text) ?? share;
        setProgress({ rows, bytes, share });
      }
      saveFile(`annals-${new Date().toISOString().slice(0, 10)}.${format}`, parts, 'text/plain');
      setOutcome(`${rows.toLocaleString('en')} lines, ${inMegabytes(bytes)}. The file is in your downloads.`);
    } catch (error) {
      setOutcome(control.signal.aborted ? 'Stopped; nothing was saved.' : failureText(error));
    } finally {
      setProgress(null);
      running.current = null;
    }
  }

  return (
    <section className="card" aria-labelledby="export-heading">
      <h2 id="export-heading">Export everything</h2>
      <p className="settings-note">
        All your records as one file, in a form that Annals takes back and that other programs can read.
      </p>
      <div className="list-controls">
        <Choice name="Format" value={format} change={setFormat} options={{ ndjson: 'NDJSON', edn: 'EDN' }} />
        <Choice
          name="What"
          value={history}
          change={setHistory}
          options={{ full: 'With all history', current: 'As it is now' }}
        />
      </div>
      <div className="setting">
        {progress === null ? (
          <button type="button" className="button button-primary" onClick={run}>
            Export
          </button>
        ) : (
          <button type="button" className="button" onClick={() => running.current?.abort()}>
            Stop
          </button>
        )}
        <p className="settings-note" role="status">
          {progress === null
            ? outcome
            : `${Math.floor(progress.share * 100)}%: ${progress.rows.toLocaleString('en')} lines, ${inMegabytes(progress.bytes)}`}
        </p>
      </div>
      {progress !== null && <progress aria-label="Export" max={1} value={progress.share} />}
    </section>
  );
}

function Choice<Value extends string>(props: {
  name: string;
  value: Value;
  change: (value: Value) => void;
  options: Readonly<Record<Value, string>>;
}) {
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{props.name}</legend>
      {(Object.keys(props.options) as Value[]).map((each) => (
        <label key={each}>
          <input
            type="radio"
            name={`export-${props.name}`}
            checked={props.value === each}
            onChange={() => props.change(each)}
          />
          <span>{props.options[each]}</span>
        </label>
      ))}
    </fieldset>
  );
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
