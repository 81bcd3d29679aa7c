import { useRouter } from '@tanstack/react-router';
import { ApiError } from '../api.ts';
import { SignedOut } from '../session.ts';
import { failureText } from './failure-text.ts';
import { Notice } from './notice.tsx';

/** Says in people's words why something could not be loaded, and offers the way on. */
export function FailureNotice({ error, retry }: { error: unknown; retry: () => void }) {
  const router = useRouter();
  if (error instanceof SignedOut || (error instanceof ApiError && error.status === 401)) {
    return (
      <Notice
        role="alert"
        title="You are signed out"
        action={
          <button type="button" className="button button-primary" onClick={() => signInAgain(router)}>
            Sign in again
          </button>
        }
      >
        Your session has ended. Nothing is lost.
      </Notice>
    );
  }
  return (
    <Notice
      role="alert"
      title="This could not be loaded"
      action={
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      }
    >
      {failureText(error)}
    </Notice>
  );
}

function signInAgain(router: ReturnType<typeof useRouter>): void {
  void router.options.context.session.signIn(router.state.location.href);
}
