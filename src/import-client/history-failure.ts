/** `bad_choice`: what of it is wanted makes no sense; `bad_file`: it is none that can be taken; `rejects`: more lines were rejected than allowed; `interrupted`: told to stop; `stopped`: somebody else did. */
export type HistoryFailureKind = 'bad_choice' | 'bad_file' | 'rejects' | 'interrupted' | 'stopped';

/** Why reading or sending a history ends early, and what to do next. */
export class HistoryFailure extends Error {
  readonly kind: HistoryFailureKind;
  readonly hint: string | null;

  constructor(kind: HistoryFailureKind, message: string, hint: string | null = null) {
    super(message);
    this.name = 'HistoryFailure';
    this.kind = kind;
    this.hint = hint;
  }
}
