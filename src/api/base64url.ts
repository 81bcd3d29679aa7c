/** Bytes, each a character up to U+00FF, as base64url without padding (RFC 4648, section 5). */
export const toBase64Url = (bytes: string): string =>
  btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** The bytes that {@link toBase64Url} was given. @throws DOMException for text that is no base64url */
export const fromBase64Url = (text: string): string => atob(text.replaceAll('-', '+').replaceAll('_', '/'));
