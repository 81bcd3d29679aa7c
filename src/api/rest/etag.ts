import { RestProblem } from './rest-problem.ts';

/** A list's: weak, since equal records may come as other bytes. */
export async function weakEtag(body: string, salt: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${salt}\n${body}`));
  return `W/"${Array.from(new Uint8Array(digest).slice(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')}"`;
}

/** If-None-Match compares weakly (RFC 9110, section 13.1.2). */
export function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  const bare = etag.replace(/^W\//, '');
  return ifNoneMatch.split(',').some((known) => known.trim() === '*' || known.trim().replace(/^W\//, '') === bare);
}

/**
 * The versions that If-Match allows; `*` is any. It compares strongly, so that a weak one matches nothing.
 * @param ids those that the request names: only one record has a version
 * @throws RestProblem 412 when the header is there and the request is not about one record by its id
 */
export function expectedVersions(ifMatch: string | undefined, ids: readonly string[] | null): string[] | null {
  if (ifMatch === undefined) return null;
  if (ids === null || ids.length !== 1) {
    throw new RestProblem(400, 'PGRST100', 'If-Match needs a filter that names one record: id=eq.…', {
      hint: 'A list has no version that a write could expect.',
    });
  }
  return ifMatch.split(',').map((etag) => /^"(\d{1,19})"$/.exec(etag.trim())?.[1] ?? (etag.trim() === '*' ? '*' : ''));
}
