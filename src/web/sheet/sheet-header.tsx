import type { ReactNode } from 'react';
import { TypeIcon } from '../records/type-icon.tsx';

export function SheetHeader(props: { entity_type: string; title: string; note: ReactNode; close: () => void }) {
  return (
    <header className="sheet-header">
      <TypeIcon entity_type={props.entity_type} />
      <div className="sheet-title">
        <h2>{props.title}</h2>
        <p>{props.note}</p>
      </div>
      <button type="button" className="icon-button" aria-label="Close" onClick={props.close}>
        ×
      </button>
    </header>
  );
}
