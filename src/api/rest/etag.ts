import { sha256Hex } from '../../domain/sha256-hex.ts';
import { expectedVersion } from '../preconditions.ts';
import { RestProblem } from './rest-problem.ts';

/** A list's: weak, since equal records may come as other bytes. */
export async function weakEtag(body: string, salt: string): Promise<string> {
  const digest = await sha256Hex(new TextEncoder().encode(`${salt}\n${body}`));
  return `W/"${digest.slice(0, 32)}"`;
}

/**
 * The versions that If-Match allows an update or delete by filter; `*` is any, null all. It compares strongly, so that a weak one
 * matches nothing.
 * @param ids those that the request names: only one record has a version
 * @throws RestProblem 400 for an If-Match when the request is not about one record by its id, and for an If-None-Match, since such
 * a write is about what is there; what {@link expectedVersion} throws
 */
export function expectedVersions(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
  ids: readonly string[] | null,
): readonly string[] | null {
  if (ifNoneMatch !== undefined) {
    throw new RestProblem(400, 'PGRST100', 'If-None-Match is for reads', {
      hint: 'If-Match, with id=eq.…, lets a write through at one version only.',
    });
  }
  if (ifMatch === undefined) return null;
  if (ids === null || ids.length !== 1) {
    throw new RestProblem(400, 'PGRST100', 'If-Match needs a filter that names one record: id=eq.…', {
      hint: 'A list has no version that a write could expect.',
    });
  }
  const expected = expectedVersion(ifMatch, undefined) ?? [];
  return typeof expected === 'string' ? [expected] : expected;
}
