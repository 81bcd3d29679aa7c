const SHOWN_CHARS = 12;

/** A user as log lines name them: the same user, the same word, and no way back without a list of users. */
export async function userHash(userId: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(userId));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, SHOWN_CHARS);
}
