import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

const SHOWN_CHARS = 12;

/** A user as log lines name them: the same user, the same word, and no way back without a list of users. */
export function userHash(userId: string): string {
  return bytesToHex(sha256(utf8ToBytes(userId))).slice(0, SHOWN_CHARS);
}
