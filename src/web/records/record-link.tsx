import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

/** Opens a record's sheet over the screen that the link is on. */
export function RecordLink({ id, className, children }: { id: string; className?: string; children: ReactNode }) {
  return (
    <Link to="." search={(before) => ({ ...before, record: id })} resetScroll={false} className={className}>
      {children}
    </Link>
  );
}
