import type { ReactNode } from 'react';
import { TypeIcon } from '../records/type-icon.tsx';

/** A `div`: a `header` would be a second banner of the page, as a dialog's does not count as a section of it. */
export function SheetHeader(props: { entity_type: string; title: string; note: ReactNode; close: () => void }) {
  return (
    <div className="sheet-header">
      <TypeIcon entity_type={props.entity_type} />
      <div className="sheet-title">
        <h2>{props.title}</h2>
        <p>{props.note}</p>
      </div>
      <button type="button" className="icon-button" aria-label="Close" onClick={props.close}>
        ×
      </button>
    </div>
  );
}
