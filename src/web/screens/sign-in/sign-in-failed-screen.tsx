import { Link } from '@tanstack/react-router';
import { Notice } from '../../shell/notice.tsx';

/** A sign-in that came back without success: refused, too old, or begun in another browser. */
export function SignInFailedScreen() {
  return (
    <main className="lone-page">
      <Notice
        is_page
        role="alert"
        title="That sign-in did not work"
        action={
          <Link to="/sign-in" className="button button-primary">
            Sign in again
          </Link>
        }
      >
        It may have taken too long, or begun in another window.
      </Notice>
    </main>
  );
}
