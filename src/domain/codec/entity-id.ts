import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { canonicalEdn } from '../edn/canonical.ts';
import { isUuid } from '../edn/tags.ts';
import { type EdnValue, Keyword, Tagged } from '../edn/value.ts';
import { nameBasedUuid } from './name-based-uuid.ts';
import { nippyBytes } from './nippy-bytes.ts';

/** The namespace of the name-based UUIDs (version 5) of entities whose id in XTDB was no UUID. Never to be changed. */
const NAMESPACE = '9d5f1c52-7c43-4b0e-8a3e-51c1f0c6f2a7';

const utf8 = new TextEncoder();
const HASH = /^[0-9a-f]{40}$/;

/** As java.net.URI.normalize() does with the dots in a path. */
const normalizedUri = (uri: string): string => {
  const m = /^([A-Za-z][A-Za-z0-9+.-]*:)?(\/\/[^/?#]*)?([^?#]*)(.*)$/s.exec(uri);
  const path = m?.[3] ?? '';
  const isOpaque = m?.[1] !== undefined && m[2] === undefined && !path.startsWith('/');
  if (m === null || isOpaque || !/(^|\/)\.{1,2}(\/|$)|[^:]\/\//.test(path)) return uri;
  const kept: string[] = [];
  const steps = path.split('/');
  steps.forEach((step, i) => {
    if (step === '.' || (step === '' && i > 0 && i < steps.length - 1)) return;
    const previous = kept.at(-1);
    if (step === '..' && previous !== undefined && previous !== '' && previous !== '..') kept.pop();
    else kept.push(step);
  });
  const last = steps.at(-1);
  if ((last === '.' || last === '..') && kept.at(-1) !== '' && kept.at(-1) !== '..') kept.push('');
  return `${m[1] ?? ''}${m[2] ?? ''}${kept.join('/')}${m[4]}`;
};

/** The text that a keyword, a URI or a UUID is named by: XTDB takes those of one text for one id. */
const nameOf = (id: EdnValue): string | null => {
  if (id instanceof Keyword) return id.name;
  if (!(id instanceof Tagged) || typeof id.value !== 'string') return null;
  if (id.tag === 'uuid') return id.value;
  return id.tag === 'uri' ? normalizedUri(id.value) : null;
};

const hashOf = (id: EdnValue): string | null => {
  if (!(id instanceof Tagged && id.tag === 'xtdb/id' && typeof id.value === 'string')) return null;
  const hash = id.value.toLowerCase();
  return HASH.test(hash) ? hash : null;
};

/**
 * XTDB's own name for an id, the SHA-1 in hex that evictions carry. Null for the few ids whose bytes are not known here:
 * maps with unlike keys or with sets, vectors or lists in them, and numbers of more than 1,000 digits.
 */
export const xtdbIdHash = (id: EdnValue): string | null => {
  const known = hashOf(id);
  if (known !== null) return known;
  const name = nameOf(id);
  const bytes = name === null ? nippyBytes(id) : utf8.encode(name);
  return bytes === null ? null : bytesToHex(sha1(bytes));
};

/** The entity id that XTDB's hash alone gives: that of every entity whose id was no UUID. */
export const entityIdOfHash = (hash: string): string => nameBasedUuid(NAMESPACE, hash);

/**
 * The UUID of an entity: its own where XTDB's id was one (or a keyword or URI of a UUID's text), else one made from
 * XTDB's hash of the id, so that ids that XTDB takes for the same are the same here. Where the hash is unknown it is made
 * from the id's canonical text.
 */
export const entityIdOf = (id: EdnValue): string => {
  const name = nameOf(id);
  if (name !== null && isUuid(name)) return name;
  const hash = xtdbIdHash(id);
  return hash === null ? nameBasedUuid(NAMESPACE, `edn:${canonicalEdn(id)}`) : entityIdOfHash(hash);
};
