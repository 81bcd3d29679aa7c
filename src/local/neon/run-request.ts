import { Answer, type ResultSink } from './answer.ts';
import type { BackendConnection } from './backend-connection.ts';
import { DatabaseError } from './database-error.ts';
import { learnElementTypes } from './element-types.ts';
import type { BackendPool, Lease } from './pool.ts';
import { RESET, resetReplies } from './session-reset.ts';
import type { SqlRequest, Statement } from './sql-request.ts';
import { StatementReplies } from './statement-replies.ts';
import { StoredResults } from './stored-results.ts';
import { MessageWriter, REPLY } from './wire.ts';

/** How long a cancelled statement may take to end before its connection is dropped. */
const CANCEL_WAIT_MS = 100;

/**
 * A statement that may end or nest the transaction of its batch, or hides its first word behind a comment. Such a batch
 * goes statement by statement, each with its own Sync as Neon sends it: after a COMMIT every further statement commits
 * by itself, while in one pipeline they would share one implicit transaction.
 */
const TRANSACTION_CONTROL = /^[\s;]*(?:\/\*|--|(?:abort|begin|commit|end|prepare\s+transaction|rollback|start)\b)/i;

/** The client of a request; who runs the request is told when it leaves. */
export interface Client {
  gone: boolean;
  onGone: (() => void) | undefined;
}

export interface RunOptions {
  pool: BackendPool;
  lease: Lease;
  request: SqlRequest;
  maxAnswerBytes: number;
  client: Client;
  /** A fault: run everything, then end the connection in the place of the commit. */
  dropBeforeCommit: boolean;
}

/** Nothing was committed, and nobody waits for an answer. */
export class AbandonedError extends Error {
  override name = 'AbandonedError';
}

/**
 * Runs a request on its connection and gives the connection back, or closes it.
 * @returns the JSON answer
 * @throws DatabaseError, RequestError, AbandonedError
 */
export async function runRequest(options: RunOptions): Promise<Buffer> {
  const { pool, lease, request, client } = options;
  const { connection } = lease;
  if (client.gone) {
    pool.release(lease);
    throw new AbandonedError();
  }
  let dropTimer: NodeJS.Timeout | undefined;
  client.onGone = () => {
    void connection.cancel();
    dropTimer = setTimeout(() => connection.destroy(), CANCEL_WAIT_MS);
  };
  try {
    const answer = request.batch ? await runBatch(options, request.batch.start) : await runSingle(options);
    giveBack(options);
    return answer;
  } catch (error) {
    if (error instanceof DatabaseError && request.batch) {
      await rollback(connection);
      giveBack(options);
    } else if (error instanceof DatabaseError || error instanceof AbandonedError) {
      // For a dropped commit the wait matters: when the client hears of it, the rollback is over.
      await connection.terminate();
    } else {
      // Postgres may be in the middle of sending what nobody will read.
      void connection.cancel();
      connection.destroy();
    }
    throw error;
  } finally {
    clearTimeout(dropTimer);
    client.onGone = undefined;
  }
}

/** Keeps the connection, except when a cancel for this request is on its way, which could hit the next one's statement. */
function giveBack({ pool, lease, client }: RunOptions): void {
  if (client.gone) pool.discard(lease);
  else pool.release(lease);
}

async function runSingle(options: RunOptions): Promise<Buffer> {
  const { lease, request, dropBeforeCommit } = options;
  const results = resultsOf(options);
  const messages = statementMessages(new MessageWriter(), request.statements);
  if (dropBeforeCommit) {
    // Without a Sync the statement has run and its implicit transaction is open.
    await run(lease.connection, messages.flush().bytes(), request.statements, 0, results, 'statements');
    throw new AbandonedError();
  }
  await runLast(lease, messages.sync(), request.statements, 0, results);
  return finish(options, results);
}

async function runBatch(options: RunOptions, start: string): Promise<Buffer> {
  const { lease, request, client, dropBeforeCommit } = options;
  const { connection } = lease;
  const results = resultsOf(options);
  const begin = new MessageWriter().parse(start).bind([]).execute();
  // Types are asked for right after each statement, since a later one may drop them.
  const oneByOne = !request.rawText || request.statements.some(({ query }) => TRANSACTION_CONTROL.test(query));
  if (oneByOne) {
    await run(connection, begin.sync().bytes(), [], 1, results, 'ready');
    for (const statement of request.statements) {
      const bytes = statementMessages(new MessageWriter(), [statement]).sync().bytes();
      await run(connection, bytes, [statement], 0, results, 'ready');
      await learnTypes(lease, results);
    }
  } else {
    const bytes = statementMessages(begin, request.statements).flush().bytes();
    await run(connection, bytes, request.statements, 1, results, 'statements');
  }
  // The commit comes only when the answer stands and somebody still waits for it.
  const answer = await finish(options, results);
  if (client.gone || dropBeforeCommit) throw new AbandonedError();
  await runLast(lease, new MessageWriter().parse('COMMIT').bind([]).execute().sync(), [], 1, results);
  return answer;
}

/**
 * Runs the last messages of a request, and the session's reset right behind them: a write of its own costs as much as
 * the query. A typed answer may have to ask for types yet, and does so before the reset.
 */
function runLast(
  lease: Lease,
  messages: MessageWriter,
  statements: readonly Statement[],
  silentCommands: number,
  results: Answer | StoredResults,
): Promise<void> {
  const { connection } = lease;
  const replies = new StatementReplies({ statements, silentCommands, sink: results, until: 'ready' });
  lease.resetSent = results instanceof Answer;
  if (lease.resetSent) connection.submit(messages.append(RESET).bytes(), replies, resetReplies(connection));
  else connection.submit(messages.bytes(), replies);
  return replies.done;
}

function statementMessages(writer: MessageWriter, statements: readonly Statement[]): MessageWriter {
  for (const { query, parameters } of statements) {
    writer.parse(query).describeStatement().bind(parameters).execute();
  }
  return writer;
}

function run(
  connection: BackendConnection,
  bytes: Buffer,
  statements: readonly Statement[],
  silentCommands: number,
  sink: ResultSink,
  until: 'ready' | 'statements',
): Promise<void> {
  const replies = new StatementReplies({ statements, silentCommands, sink, until });
  connection.submit(bytes, replies);
  return replies.done;
}

function resultsOf(options: RunOptions): Answer | StoredResults {
  return options.request.rawText ? answerOf(options, false) : new StoredResults(options.maxAnswerBytes);
}

function answerOf({ lease, request, maxAnswerBytes }: RunOptions, typed: boolean): Answer {
  return new Answer({
    batch: request.batch !== undefined,
    types: typed ? lease.elementTypes : undefined,
    maxBytes: maxAnswerBytes,
  });
}

async function finish(options: RunOptions, results: Answer | StoredResults): Promise<Buffer> {
  if (results instanceof Answer) return results.bytes();
  await learnTypes(options.lease, results);
  const answer = answerOf(options, true);
  results.replay(answer);
  return answer.bytes();
}

async function learnTypes({ connection, elementTypes }: Lease, results: Answer | StoredResults): Promise<void> {
  const unknown = results instanceof Answer ? [] : results.unknownTypes(elementTypes);
  if (unknown.length > 0) await learnElementTypes(connection, unknown, elementTypes);
}

/** Leaves a failed batch: Sync ends what a pipeline skipped, and each of the two brings a ReadyForQuery. */
function rollback(connection: BackendConnection): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let ready = 0;
  connection.submit(new MessageWriter().sync().simpleQuery('ROLLBACK').bytes(), {
    message: (type) => {
      if (type !== REPLY.readyForQuery || ++ready < 2) return false;
      resolve();
      return true;
    },
    lost: resolve,
  });
  return promise;
}
