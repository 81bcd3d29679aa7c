import { lazy, Suspense, useState } from 'react';
import type { InputProps } from './input-props.ts';

const Markdown = lazy(() => import('./markdown.tsx'));

/** Long text in Markdown, with a look at how it reads. */
export function NotesInput({ id, value, change, described_by, is_invalid }: InputProps) {
  const [is_preview, setPreview] = useState(false);
  const text = typeof value === 'string' ? value : '';
  return (
    <div className="notes-input">
      {is_preview ? (
        <div className="notes-preview">
          <Suspense fallback={text}>
            <Markdown text={text} />
          </Suspense>
        </div>
      ) : (
        <textarea
          id={id}
          className="input"
          rows={Math.min(12, Math.max(3, text.split('\n').length + 1))}
          value={text}
          aria-describedby={described_by}
          aria-invalid={is_invalid}
          onChange={(event) => change(event.target.value === '' ? undefined : event.target.value)}
        />
      )}
      {text !== '' && (
        <button type="button" className="link-button" aria-pressed={is_preview} onClick={() => setPreview(!is_preview)}>
          {is_preview ? 'Edit' : 'Preview'}
        </button>
      )}
    </div>
  );
}
