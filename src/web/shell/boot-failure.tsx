import { failureText } from './failure-text.ts';
import { Notice } from './notice.tsx';

/** Shown when the client cannot even begin. */
export function BootFailure({ error }: { error: unknown }) {
  return (
    <main className="lone-page">
      <Notice
        is_page
        role="alert"
        title="Annals cannot start"
        action={
          <button type="button" className="button" onClick={() => location.reload()}>
            Try again
          </button>
        }
      >
        {failureText(error)}
      </Notice>
    </main>
  );
}
