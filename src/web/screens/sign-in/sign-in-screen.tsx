import { useMutation } from '@tanstack/react-query';
import { useRouteContext, useSearch } from '@tanstack/react-router';
import { Wordmark } from '../../shell/wordmark.tsx';

export function SignInScreen() {
  const { session } = useRouteContext({ from: '__root__' });
  const { return_to } = useSearch({ from: '/sign-in' });
  const signIn = useMutation({ mutationFn: () => session.signIn(return_to ?? '/') });
  return (
    <main className="lone-page sign-in">
      <title>Sign in · Annals</title>
      <Wordmark />
      <h1>Every day leaves a trace.</h1>
      <p>Habits, workouts, reading, medicine, tasks: all in one place, with every version kept.</p>
      <button
        type="button"
        className="button button-primary button-large"
        disabled={signIn.isPending}
        onClick={() => signIn.mutate()}
      >
        {signIn.isPending ? 'One moment…' : 'Sign in'}
      </button>
      {signIn.isError && (
        <p role="alert">The sign-in service cannot be reached. Check the connection, then try again.</p>
      )}
    </main>
  );
}
