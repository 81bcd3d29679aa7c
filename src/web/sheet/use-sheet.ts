import { useNavigate } from '@tanstack/react-router';

interface SheetMoves {
  /** Opens a record over the screen that is there. */
  openRecord(id: string): void;
  /** Opens the form of a new record. @param parent a record that the new one is about */
  add(type: string, parent?: string): void;
  /** Asks first when what was changed in it is not saved. */
  close(): void;
  /** Closes it without asking: what was changed in it is saved, or not wanted. */
  finish(): void;
}

/** Moves the panel that shows one record, which is part of the address, so that Back closes it and a link opens it. */
export function useSheet(): SheetMoves {
  const navigate = useNavigate();
  const to = (sheet: { record?: string; add?: string; parent?: string }, ignoreBlocker = false): void => {
    void navigate({
      to: '.',
      search: ({ record: _record, add: _add, parent: _parent, ...rest }) => ({ ...rest, ...sheet }),
      resetScroll: false,
      ignoreBlocker,
    });
  };
  return {
    openRecord: (id) => to({ record: id }),
    add: (type, parent) => to(parent === undefined ? { add: type } : { add: type, parent }),
    close: () => to({}),
    finish: () => to({}, true),
  };
}
