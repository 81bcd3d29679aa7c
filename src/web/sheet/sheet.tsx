import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';

/** A panel over the page's side, or over all of it on a phone. The browser keeps the focus in it and gives it back. */
export function Sheet(props: { label: string; close: () => void; children: ReactNode; is_palette?: boolean }) {
  const { label, close, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const pressed = useRef<EventTarget>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element === null || element.open) return;
    const opener = document.activeElement;
    element.showModal();
    // The browser would take the first button, which closes.
    const first = element.querySelector<HTMLElement>('[data-first="true"] :is(input, select, textarea), [autofocus]');
    (first ?? element).focus();
    return () => {
      element.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    // Left to itself, the browser closes the dialog at the second Escape even while an unsaved edit keeps it here.
    event.preventDefault();
    event.stopPropagation();
    close();
  }

  return (
    <dialog
      ref={dialog}
      className={props.is_palette ? 'sheet palette' : 'sheet'}
      aria-label={label}
      tabIndex={-1}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        pressed.current = event.target;
      }}
      onClick={(event) => {
        // On the backdrop, and not where a selection of text that began inside has ended.
        if (event.target === dialog.current && pressed.current === dialog.current) close();
      }}
    >
      <div className="sheet-body">{children}</div>
    </dialog>
  );
}
