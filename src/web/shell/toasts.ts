/** A short message that goes away by itself. */
export interface Toast {
  readonly text: string;
  /** Takes back what the message tells of. */
  readonly undo?: () => Promise<void>;
}

export interface ShownToast extends Toast {
  readonly id: number;
}

const MAX_TOASTS = 3;

let shown: readonly ShownToast[] = [];
let last_id = 0;
const listeners = new Set<() => void>();

function change(toasts: readonly ShownToast[]): void {
  shown = toasts;
  for (const listener of listeners) listener();
}

export function showToast(toast: Toast): void {
  last_id++;
  change([...shown, { ...toast, id: last_id }].slice(-MAX_TOASTS));
}

export function dismissToast(id: number): void {
  change(shown.filter((toast) => toast.id !== id));
}

export function shownToasts(): readonly ShownToast[] {
  return shown;
}

export function subscribeToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
