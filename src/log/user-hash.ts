import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

const SHOWN_CHARS = 12;

interface User {
  readonly user_id: string;
}

/** For as long as a token is trusted its caller is one object. */
const hashes = new WeakMap<User, string>();

/** A user as log lines name them: the same user, the same word, and no way back without a list of users. */
export function userHash(user: User): string {
  const known = hashes.get(user);
  if (known !== undefined) return known;
  const hash = bytesToHex(sha256(utf8ToBytes(user.user_id))).slice(0, SHOWN_CHARS);
  hashes.set(user, hash);
  return hash;
}
