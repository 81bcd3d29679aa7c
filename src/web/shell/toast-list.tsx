import { useEffect, useState, useSyncExternalStore } from 'react';
import { failureText } from './failure-text.ts';
import { dismissToast, type ShownToast, shownToasts, showToast, subscribeToasts } from './toasts.ts';

/** Long enough to read, decide and reach for Undo. */
const SHOWN_MS = 8_000;

/** The messages at the foot of the page; they wait while somebody points at them or has the focus in them. */
export function ToastList() {
  const toasts = useSyncExternalStore(subscribeToasts, shownToasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <ToastMessage key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastMessage({ toast }: { toast: ShownToast }) {
  const [is_held, hold] = useState(false);
  useEffect(() => {
    if (is_held) return;
    const timer = setTimeout(() => dismissToast(toast.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast.id, is_held]);
  const undo = toast.undo;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointing at a message only keeps it from going away
    <div
      className="toast"
      onMouseEnter={() => hold(true)}
      onMouseLeave={() => hold(false)}
      onFocus={() => hold(true)}
      onBlur={() => hold(false)}
    >
      <span>{toast.text}</span>
      {undo !== undefined && (
        <button
          type="button"
          className="toast-action"
          onClick={() => {
            dismissToast(toast.id);
            undo().catch((error: unknown) => showToast({ text: failureText(error) }));
          }}
        >
          Undo
        </button>
      )}
    </div>
  );
}
