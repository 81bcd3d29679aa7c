import type { ResultSink } from './answer.ts';
import type { ReplyHandler } from './backend-connection.ts';
import { readDatabaseError } from './database-error.ts';
import { RequestError } from './request-error.ts';
import type { Statement } from './sql-request.ts';
import { REPLY, readCString } from './wire.ts';

interface Expected {
  /** Statements whose results go to the sink, in order. */
  statements: readonly Statement[];
  /** Commands ahead of them whose results nobody wants: START TRANSACTION. */
  silentCommands: number;
  sink: ResultSink;
  /** The answer is over with ReadyForQuery, or, in a pipeline not yet synced, with the last statement or the first error. */
  until: 'ready' | 'statements';
}

/** Reads what Postgres answers to Parse, Describe, Bind and Execute of one or more statements. */
export class StatementReplies implements ReplyHandler {
  readonly #expected: Expected;
  readonly #outcome = Promise.withResolvers<void>();
  #silent: number;
  #current = 0;
  #failure: Error | undefined;

  constructor(expected: Expected) {
    this.#expected = expected;
    this.#silent = expected.silentCommands;
    this.#beginCurrent();
  }

  /**
   * Resolves when all statements have succeeded.
   * @throws DatabaseError from Postgres, RequestError for COPY, a too large answer, or a lost connection
   */
  get done(): Promise<void> {
    return this.#outcome.promise;
  }

  message(type: number, buffer: Buffer, start: number, end: number): boolean {
    const { sink, until } = this.#expected;
    try {
      switch (type) {
        case REPLY.rowDescription:
          sink.columns(buffer, start, end);
          return false;
        case REPLY.dataRow:
          if (!this.#failure) sink.row(buffer, start, end);
          return false;
        case REPLY.commandComplete:
          return this.#completed(readCString(buffer, start));
        case REPLY.emptyQuery:
          return this.#completed('');
        case REPLY.error:
          this.#failure ??= readDatabaseError(buffer, start, end);
          return until === 'statements' && this.#finish();
        case REPLY.copyIn:
        case REPLY.copyOut:
        case REPLY.copyBoth:
          throw new RequestError(400, 'unexpected message from server');
        case REPLY.readyForQuery:
          return this.#finish();
        default:
          return false;
      }
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      this.#outcome.reject(this.#failure);
      return false;
    }
  }

  lost(): void {
    this.#failure ??= new RequestError(400, 'connection closed');
    this.#finish();
  }

  #completed(tag: string): boolean {
    const { statements, sink, until } = this.#expected;
    if (this.#silent > 0) this.#silent--;
    else {
      sink.complete(tag);
      this.#current++;
      this.#beginCurrent();
    }
    return until === 'statements' && this.#silent === 0 && this.#current === statements.length && this.#finish();
  }

  #beginCurrent(): void {
    const statement = this.#expected.statements[this.#current];
    if (statement) this.#expected.sink.begin(statement.arrayMode);
  }

  #finish(): true {
    if (this.#failure) this.#outcome.reject(this.#failure);
    else this.#outcome.resolve();
    return true;
  }
}
