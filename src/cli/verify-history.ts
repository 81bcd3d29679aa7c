import type pg from 'pg';
import { HistoryDigest, type LineValue, lineValue } from '../domain/codec/history-digest.ts';
import { decodeLine } from '../domain/codec/history-format.ts';
import { encodeEvicted, encodeHistoryRow, type HistoryHeader } from '../domain/codec/history-line.ts';
import { encodeJsonTransaction } from '../domain/codec/json-history-line.ts';
import type { StoredEvent } from '../domain/codec/stored-event.ts';
import { postgresInstant } from '../domain/time/postgres-instant.ts';
import { REJECTED, readHistory } from '../import-client/read-history.ts';
import type { ImportArguments } from '../importer/request-shapes.ts';
import { type AsOfQuestion, AsOfSample } from './as-of-sample.ts';
import { CliFailure, EXIT } from './cli-failure.ts';
import { openHistoryFile } from './history-file.ts';
import { NamedEntities } from './named-entities.ts';
import { openOperatorDatabase } from './operator-database.ts';
import { type SpotCheck, SpotChecks } from './spot-checks.ts';
import { type StoredPart, type StoredPiece, storedHistory } from './stored-history.ts';
import { unmendedRejects } from './unmended-rejects.ts';

export interface VerifyOptions {
  readonly file: string;
  readonly databaseUrl: string;
  /** What of the file was brought in; everything, unless said. */
  readonly arguments?: ImportArguments;
  /** Lines, by number, that were applied in place of rejected ones. */
  readonly mended?: ReadonlyMap<number, string>;
  /** The file is a part of what imports brought: only the entities that it names are compared. */
  readonly isPart?: boolean;
  /** Records to show side by side, by our ids. */
  readonly show?: readonly string[];
  /** From 0 to under 1: chooses the as-of questions. */
  readonly random?: () => number;
  readonly onRows?: (side: 'file' | 'store', rows: number) => void;
  readonly signal?: AbortSignal;
}

/** A type and month whose rows are not the same on both sides. */
export interface Difference {
  readonly type: string;
  readonly month: string;
  readonly file_rows: number;
  readonly store_rows: number;
  readonly same_digest: boolean;
}

export interface Verification {
  readonly equal: boolean;
  /** Whether only the entities that the file names were compared. */
  readonly is_part: boolean;
  /** Of a delta, which always is a part, the transaction after which its entities were written. */
  readonly since: string | null;
  /** `skipped` is rows that were left out of the comparison, as told; `rejected` is lines that an import rejected and nobody mended. */
  readonly file: {
    readonly rows: number;
    readonly evicted: number;
    readonly transactions: number;
    readonly skipped: number;
    readonly rejected: number;
  };
  /** What imports brought; the store's own writes are counted apart. Transactions are compared where the file, a backup, has them. */
  readonly store: {
    readonly rows: number;
    readonly evicted: number;
    readonly transactions: number;
    readonly native_rows: number;
  };
  readonly differences: readonly Difference[];
  readonly as_of: { readonly asked: number; readonly wrong: readonly AsOfQuestion[] };
  /** The records that were asked for. */
  readonly shown: readonly SpotCheck[];
  /** Entities whose current state is not what the log says holds now (I2). */
  readonly stale_entities: number;
}

const SAMPLED_ENTITIES = 200;
const MAX_WRONG_SHOWN = 20;

/**
 * Compares a history file with what imports brought into the store: counts and order-independent digests of every version
 * by type and month, as-of answers recomputed from the file, and current state against the log. Of a delta only the entities
 * that it names are compared.
 */
export async function verifyHistory(options: VerifyOptions): Promise<Verification> {
  const sample = new AsOfSample(SAMPLED_ENTITIES, options.random ?? Math.random);
  const spots = new SpotChecks(options.show ?? []);
  // Not before it is needed: a session that does nothing while a large file is read may be ended meanwhile.
  let session = null as Promise<pg.Client> | null;
  const connect = (): Promise<pg.Client> => {
    session ??= openOperatorDatabase(options.databaseUrl);
    return session;
  };
  try {
    const { digest: file, skipped, rejected, part, store: source } = await digestFile(options, connect, sample, spots);
    const client = await connect();
    // A backup of this very store has its own writes too, up to the moment it was made.
    const native_until =
      source === 'annals' && file.latest_tx_time !== null ? postgresInstant(file.latest_tx_time) : null;
    const store = await digestStore(
      client,
      options,
      part === null ? { native_until, with_transactions: file.transactions > 0 } : 'named',
    );
    const questions = sample.questions();
    const wrong = (await askStore(client, questions)).slice(0, MAX_WRONG_SHOWN);
    const { rows } = await client.query<{ native: number; stale: number }>(
      `select (select count(*)::integer from event_log where import_id is null and tx_time > coalesce($1::timestamptz, '-infinity')) as native,
         stale_entities()::integer as stale`,
      [native_until],
    );
    const differences = differencesOf(file, store);
    const stale_entities = rows[0]?.stale ?? 0;
    return {
      equal: rejected === 0 && differences.length === 0 && wrong.length === 0 && stale_entities === 0,
      is_part: part !== null,
      since: part?.since ?? null,
      file: { rows: file.rows, evicted: file.evicted, transactions: file.transactions, skipped, rejected },
      store: {
        rows: store.rows,
        evicted: store.evicted,
        transactions: store.transactions,
        native_rows: rows[0]?.native ?? 0,
      },
      differences,
      as_of: { asked: questions.length, wrong },
      shown: spots.isEmpty ? [] : await spots.besideStore(client, native_until),
      stale_entities,
    };
  } finally {
    const client = await session;
    await client?.end();
  }
}

/** The entities of a delta, or of another part, which its verification is limited to. */
interface Part {
  readonly since: string | null;
  readonly named: NamedEntities;
}

interface FileDigest {
  readonly digest: HistoryDigest;
  readonly skipped: number;
  readonly rejected: number;
  readonly part: Part | null;
  /** Which store it says it is from. */
  readonly store: string | null;
}

async function digestFile(
  options: VerifyOptions,
  connect: () => Promise<pg.Client>,
  sample: AsOfSample,
  spots: SpotChecks,
): Promise<FileDigest> {
  const { file: path, mended, onRows, signal } = options;
  const digest = new HistoryDigest();
  const file = await openHistoryFile(path);
  let header = null as HistoryHeader | null;
  let ended = false;
  const look = (line: LineValue | string, text: string, number: number): void => {
    if (line === REJECTED) return;
    if (typeof line === 'string') {
      throw new CliFailure(EXIT.bad_file, `Line ${number} of ${file.name} cannot be read: ${line}.`, {
        hint: 'Where its rejects were mended, name the file with the mended lines: --mended FILE.',
      });
    }
    ended ||= line.kind === 'end';
    const decoded = line.kind === 'header' ? decodeLine(text, number) : null;
    if (decoded?.kind === 'header') header = decoded;
  };
  let part = null as Part | null;
  let skipped = 0;
  let rejected = 0;
  try {
    const isRejected = await unmendedRejects(options.databaseUrl);
    for await (const lines of readHistory(file.bytes(), options.arguments ?? {}, look, mended, isRejected)) {
      signal?.throwIfAborted();
      for (const line of lines) {
        if (line === null || typeof line === 'string') {
          if (line === null) skipped++;
          else rejected++;
          continue;
        }
        if (line.kind === 'header' && header !== null && (header.since !== null || options.isPart === true))
          part = { since: header.since, named: await NamedEntities.begin(await connect()) };
        // They name no entity: a part has none to compare.
        if (line.kind === 'transaction' && part !== null) continue;
        digest.add(line);
        sample.add(line);
        spots.add(line);
        part?.named.add(line);
      }
      await part?.named.sendMany();
      onRows?.('file', digest.rows);
    }
  } finally {
    await file.close();
  }
  if (!ended)
    throw new CliFailure(EXIT.bad_file, `${file.name} was cut short: it has no footer.`, { hint: 'Export it again.' });
  await part?.named.end();
  return { digest, skipped, rejected, part, store: header?.store ?? null };
}

async function digestStore(
  client: pg.Client,
  { onRows, signal }: VerifyOptions,
  wanted: StoredPart,
): Promise<HistoryDigest> {
  const digest = new HistoryDigest();
  for await (const page of storedHistory(client, wanted)) {
    signal?.throwIfAborted();
    for (const piece of page) {
      const line = lineValue(lineOf(piece));
      if (typeof line === 'string') throw new Error(`the store's line cannot be read back: ${line}`);
      digest.add(line);
    }
    onRows?.('store', digest.rows);
  }
  return digest;
}

function lineOf(piece: StoredPiece): string {
  if (piece.kind === 'row') return encodeHistoryRow(piece.event);
  if (piece.kind === 'evicted') return encodeEvicted(piece.eviction);
  return encodeJsonTransaction(piece.transaction);
}

function differencesOf(file: HistoryDigest, store: HistoryDigest): Difference[] {
  const keys = [...new Set([...file.groups.keys(), ...store.groups.keys()])].sort();
  return keys.flatMap((key) => {
    const [ours, theirs] = [file.groups.get(key), store.groups.get(key)];
    const same_digest = ours?.digest === theirs?.digest;
    if (same_digest && ours?.rows === theirs?.rows) return [];
    const at = key.lastIndexOf(' ');
    return [
      {
        type: key.slice(0, at),
        month: key.slice(at + 1),
        file_rows: ours?.rows ?? 0,
        store_rows: theirs?.rows ?? 0,
        same_digest,
      },
    ];
  });
}

/** @returns the questions that the store answers otherwise than the file */
async function askStore(client: pg.Client, questions: readonly AsOfQuestion[]): Promise<AsOfQuestion[]> {
  const { rows } = await client.query<StoredEvent & { question: number }>(
    `select q.n::integer - 1 as question, v.entity_id::text, v.entity_type, v.user_id::text, v.tx::text, v.doc::text, v.hints::text,
       '1970-01-01T00:00:00.000Z' as valid_time, '1970-01-01T00:00:00.000Z' as tx_time
     from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) with ordinality as q(entity_id, valid_time, tx_time, n)
     cross join lateral version_at(q.entity_id, q.valid_time, q.tx_time) v`,
    [
      questions.map((q) => q.entity_id),
      questions.map((q) => postgresInstant(q.valid_time)),
      questions.map((q) => postgresInstant(q.tx_time)),
    ],
  );
  const answers = new Map(rows.map((row) => [row.question, row]));
  return questions.filter((question, i) => {
    const answer = answers.get(i);
    const line = answer === undefined ? null : lineValue(encodeHistoryRow(answer));
    return (line === null || typeof line === 'string' ? 'nil' : line.doc) !== question.doc;
  });
}
