import type { ReactNode } from 'react';

interface NoticeProps {
  readonly title: string;
  readonly children: ReactNode;
  /** The way on. */
  readonly action?: ReactNode;
  readonly role?: 'alert';
  /** The notice is all there is on the page. */
  readonly is_page?: boolean;
}

/** A short message in the place of content: an empty state, or a failure with the way on. */
export function Notice(props: NoticeProps) {
  const Title = props.is_page ? 'h1' : 'p';
  return (
    <div className="notice" role={props.role}>
      <Title className="notice-title">{props.title}</Title>
      <div className="notice-text">{props.children}</div>
      {props.action}
    </div>
  );
}
