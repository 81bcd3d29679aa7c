import { useQuery } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import type { Transaction, Version } from '../api.ts';
import { clientName } from './client-name.ts';

/** Who wrote a version, with what, and why: null is not known yet, and a version without a transaction came by an import. */
export function WrittenBy({ transaction }: { transaction: Transaction | 'import' | null }) {
  const { profile } = useRouteContext({ from: '/app' });
  if (transaction === null) return null;
  if (transaction === 'import') return <>by an import</>;
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

/** The transaction of a version, once it is known. What was written stays written: it is asked for once. */
export function useTransaction({ tx, tx_time }: Pick<Version, 'tx' | 'tx_time'>): Transaction | 'import' | null {
  const { api } = useRouteContext({ from: '/app' });
  const found = useQuery({
    queryKey: ['transaction', tx, tx_time],
    queryFn: ({ signal }) => api.transactions({ since: tx_time, until: microsecondAfter(tx_time) }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (found.data === undefined) return null;
  return found.data.find((each) => each.tx === tx) ?? 'import';
}

/**
 * The instant after, in the store's own steps.
 * @param instant ISO 8601 in UTC with at most six digits of a second
 */
export function microsecondAfter(instant: string): string {
  const [, seconds = '', digits = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(instant) ?? [];
  const micros = Number(digits.padEnd(6, '0')) + 1;
  if (micros < 1_000_000) return `${seconds}.${String(micros).padStart(6, '0')}Z`;
  return new Date(Date.parse(`${seconds}Z`) + 1_000).toISOString();
}
