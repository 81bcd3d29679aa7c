import type { ErrorComponentProps } from '@tanstack/react-router';
import { Unreachable } from '../unreachable.ts';
import { FailureNotice } from './failure-notice.tsx';

/** Shown in place of a screen that broke, or whose code could not be loaded. */
export function ScreenFailure({ error }: ErrorComponentProps) {
  // A TypeError is what a lazy import throws without the network.
  const told = error instanceof TypeError ? new Unreachable(error) : error;
  return <FailureNotice error={told} retry={() => location.reload()} />;
}
