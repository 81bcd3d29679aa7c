import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/**
 * The name-based UUID (version 5, RFC 9562 section 5.5) of a name: the same name gives the same UUID, for ever.
 *
 * @param namespace a UUID
 * @example nameBasedUuid('6ba7b811-9dad-11d1-80b4-00c04fd430c8', 'https://issuer.example#auth0|42') // '6f1c…', in lower case
 */
export function nameBasedUuid(namespace: string, name: string): string {
  const prefix = namespace.replaceAll('-', '').match(/../g) ?? [];
  const bytes = sha1(
    Uint8Array.from([...prefix.map((byte) => Number.parseInt(byte, 16)), ...new TextEncoder().encode(name)]),
  );
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytesToHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
