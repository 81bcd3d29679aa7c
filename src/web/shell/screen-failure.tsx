import type { ErrorComponentProps } from '@tanstack/react-router';
import { FailureNotice } from './failure-notice.tsx';

/** Shown in place of a screen that broke, or whose code could not be loaded. */
export function ScreenFailure({ error }: ErrorComponentProps) {
  return <FailureNotice error={error} retry={() => location.reload()} />;
}
