import type { Database } from './database.ts';

export interface TransactionsRequest {
  /** Bounds of the transaction time: the first belongs to the range, the second does not. */
  readonly since: string | null;
  readonly until: string | null;
  /** How the client's name begins. */
  readonly client: string | null;
  /** JSON text of what the metadata contains. */
  readonly meta: string | null;
  readonly limit: number;
  readonly after: { readonly tx_time: string; readonly tx: string } | null;
}

/** `transaction` is JSON text: {tx, tx_time, client, meta, events}. */
export interface ListedTransaction {
  readonly tx: string;
  readonly tx_time: string;
  readonly transaction: string;
}

/** The user's native transactions, newest first, in keyset pages. */
export function listTransactions(
  database: Database,
  userId: string,
  { since, until, client, meta, limit, after }: TransactionsRequest,
): Promise<ListedTransaction[]> {
  return database.read<ListedTransaction>(
    'list_transactions',
    userId,
    `select t.tx::text as tx, iso(t.tx_time) as tx_time, transaction_entry(t)::text as transaction
    from transactions t
    where t.user_id = $1::uuid
      and ($2::timestamptz is null or t.tx_time >= $2::timestamptz)
      and t.tx_time < coalesce($3::timestamptz, 'infinity')
      and ($4::timestamptz is null or (t.tx_time, t.tx) < ($4::timestamptz, $5::bigint))
      and ($7::text is null or starts_with(t.client, $7::text))
      and ($8::jsonb is null or t.meta @> $8::jsonb)
    order by t.tx_time desc, t.tx desc limit $6::integer`,
    [userId, since, until, after?.tx_time ?? null, after?.tx ?? null, limit, client, meta],
  );
}
