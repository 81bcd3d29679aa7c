import type { Hint } from './hint.ts';
import { UnstorableError } from './unstorable-error.ts';

/** In UTF-16 units. Pointers repeat the keys above them, so that a small hostile document could have hints without end. */
const MAX_HINTS_LENGTH = 8_000_000;

/** The hints that are noted while a document is written. */
export class HintNotes {
  private noted: Map<string, Hint> | null = null;
  private length = 0;

  /** @throws {UnstorableError} when the hints grow beyond {@link MAX_HINTS_LENGTH} */
  note(pointer: string, hint: Hint): void {
    this.length += pointer.length + (typeof hint === 'string' ? hint.length : hint[1].length);
    if (this.length > MAX_HINTS_LENGTH) throw new UnstorableError('has more unusual values than hints may tell');
    this.noted ??= new Map();
    this.noted.set(pointer, hint);
  }

  /** The hints as JSON text, or null when there are none. */
  text(): string | null {
    return this.noted === null ? null : JSON.stringify(Object.fromEntries(this.noted));
  }
}
