import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

/** The head of the operator's screens, with the way between them. */
export function OperatorHeader({ action }: { action?: ReactNode }) {
  return (
    <>
      <header className="screen-header screen-header-row">
        <div>
          <h1>Operator</h1>
          <p>How the service itself is doing, and what is brought into it.</p>
        </div>
        {action}
      </header>
      <nav className="screen-tabs" aria-label="Operator">
        <Link to="/operator" activeOptions={{ exact: true }} className="screen-tab">
          Health
        </Link>
        <Link to="/operator/imports" className="screen-tab">
          Imports
        </Link>
      </nav>
    </>
  );
}
