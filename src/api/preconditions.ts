import { invalid } from './invalid.ts';

/** The ETag of a version of an entity. Strong: a version is one document. */
export const etagOf = (version: string | number): string => `"${version}"`;

/**
 * What a write expects of its entity, by If-Match and If-None-Match (RFC 9110, section 13): nothing (undefined), absence
 * (null), presence ("*"), or one of several versions. A weak tag never matches.
 * @throws Failure AN422 for an If-Match without an ETag, and for an If-None-Match that is not `*`: on a write it can only ask for absence
 */
export function expectedVersion(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): string | readonly string[] | null | undefined {
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== '*' || ifMatch !== undefined) {
      throw invalid([
        { field: '/headers/If-None-Match', message: 'on a write takes * alone, which asks that the entity be absent' },
      ]);
    }
    return null;
  }
  if (ifMatch === undefined) return undefined;
  if (ifMatch.trim() === '*') return '*';
  const tags = tagsOf(ifMatch);
  if (tags.length === 0) {
    throw invalid([
      { field: '/headers/If-Match', message: 'is no ETag: send one as an answer had it, quotes included' },
    ]);
  }
  return tags.filter((tag) => !tag.startsWith('W/')).map((tag) => tag.slice(1, -1));
}

/** Whether a reader that sends this If-None-Match holds the answer with this ETag already. The comparison is the weak one. */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const opaque = (tag: string) => tag.replace(/^W\//, '');
  return tagsOf(ifNoneMatch).some((tag) => opaque(tag) === opaque(etag));
}

const tagsOf = (header: string): string[] => header.match(/(?:W\/)?"[^"]*"/g) ?? [];
