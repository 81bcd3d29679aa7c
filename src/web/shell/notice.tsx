import type { ReactNode } from 'react';

/** A short message in the place of content: an empty state, or a failure with the way on. */
export function Notice(props: { title: string; children: ReactNode; action?: ReactNode; role?: 'alert' }) {
  return (
    <div className="notice" role={props.role}>
      <p className="notice-title">{props.title}</p>
      <div className="notice-text">{props.children}</div>
      {props.action}
    </div>
  );
}
