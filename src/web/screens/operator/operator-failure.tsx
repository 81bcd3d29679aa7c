import { ApiError } from '../../api.ts';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Notice } from '../../shell/notice.tsx';

/** Why an operator's screen shows nothing: most often, the person is none. */
export function OperatorFailure({ error, retry }: { error: unknown; retry: () => void }) {
  if (!(error instanceof ApiError) || error.status !== 403) return <FailureNotice error={error} retry={retry} />;
  return (
    <Notice title="This is for the operator">
      Your sign-in has no scope <code>operator</code>. Ask whoever runs the sign-in service for it; on a developer’s
      machine, sign out and choose Operator.
    </Notice>
  );
}
