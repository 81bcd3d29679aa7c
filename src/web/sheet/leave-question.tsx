import { useBlocker } from '@tanstack/react-router';
import { Sheet } from './sheet.tsx';

/** Asks before the way leads out of an edit that is not saved: by Escape, a press beside the sheet, Back, or another page. */
export function LeaveQuestion({ is_changed }: { is_changed: boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: () => true,
    disabled: !is_changed,
    withResolver: true,
  });
  if (status !== 'blocked') return null;
  return (
    <Sheet label="Unsaved changes" close={reset} is_palette>
      <div className="record-form">
        <h2>Leave without saving?</h2>
        <p>What you changed here is not saved yet.</p>
        <div className="form-actions">
          <button type="button" className="button button-primary" onClick={reset}>
            Keep editing
          </button>
          <button type="button" className="button button-danger" onClick={proceed}>
            Drop my changes
          </button>
        </div>
      </div>
    </Sheet>
  );
}
