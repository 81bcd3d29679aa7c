import { useRouteContext } from '@tanstack/react-router';
import type { Transaction } from '../api.ts';
import { clientName } from './client-name.ts';

/** Who wrote a version, with what, and why. A version without a transaction came by an import. */
export function WrittenBy({ transaction }: { transaction: Transaction | null }) {
  const { profile } = useRouteContext({ from: '/app' });
  if (transaction === null) return <>by an import</>;
  const { client, meta } = transaction;
  const why = typeof meta?.why === 'string' ? meta.why : null;
  return (
    <>
      by {profile.name ?? profile.email ?? 'you'}
      {client !== null && ` with ${clientName(client)}`}
      {why !== null && `: ${why}`}
    </>
  );
}
