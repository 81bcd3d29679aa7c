/** As many bytes as a call may have arguments, by a wide margin. */
const BLOCK_BYTES = 8_192;

/** The bytes in base64, padded, in one line. */
export function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES)
    binary += String.fromCharCode(...bytes.subarray(at, at + BLOCK_BYTES));
  return btoa(binary);
}
