import { type ReactNode, useEffect, useRef } from 'react';

/** A panel over the page's side, or over all of it on a phone. The browser keeps the focus in it and gives it back. */
export function Sheet(props: { label: string; close: () => void; children: ReactNode; is_palette?: boolean }) {
  const { label, close, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
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
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself; the click is on its backdrop
    <dialog
      ref={dialog}
      className={props.is_palette ? 'sheet palette' : 'sheet'}
      aria-label={label}
      tabIndex={-1}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <div className="sheet-body">{children}</div>
    </dialog>
  );
}
