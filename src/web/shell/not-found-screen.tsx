import { Link } from '@tanstack/react-router';
import { Notice } from './notice.tsx';

export function NotFoundScreen() {
  return (
    <main className="lone-page">
      <Notice
        is_page
        title="There is no such page"
        action={
          <Link to="/" className="button">
            Go to the overview
          </Link>
        }
      >
        The address may be mistyped, or the page may have moved.
      </Notice>
    </main>
  );
}
