/** The namespace for names that are URLs (RFC 9562, appendix A). */
const URL_NAMESPACE = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

/**
 * The name-based UUID (version 5, RFC 9562 section 5.5) of a URL: the same URL gives the same UUID, for ever.
 *
 * @example await nameBasedUuid('https://issuer.example#auth0|42') // '6f1c…', in lower case
 */
export async function nameBasedUuid(url: string): Promise<string> {
  const namespace = Uint8Array.from(URL_NAMESPACE.replaceAll('-', '').match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const name = new TextEncoder().encode(url);
  const input = new Uint8Array(namespace.length + name.length);
  input.set(namespace);
  input.set(name, namespace.length);
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-1', input)).slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
