import type { ImportChoice } from '../../../import-client/import-choice.ts';

const FIELDS = [
  ['only', 'Only these types', 'habit, habit-log'],
  ['except', 'All but these types', 'performance-report'],
  ['thin', 'One version per so many minutes, of a type', 'performance-report=60'],
] as const;

/** What of a file to bring in; all of it where nothing is written. The names are the file's own. */
export function PartChoice({ choice, change }: { choice: ImportChoice; change: (choice: ImportChoice) => void }) {
  return (
    <details className="part-choice">
      <summary>Only a part of it</summary>
      {FIELDS.map(([key, label, example]) => (
        <label className="field" key={key}>
          <span>{label}</span>
          <input
            className="input"
            placeholder={example}
            value={choice[key] ?? ''}
            onChange={({ target }) =>
              change({ ...choice, [key]: target.value.trim() === '' ? undefined : target.value })
            }
          />
        </label>
      ))}
    </details>
  );
}
