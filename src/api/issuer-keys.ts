import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { isTrustworthy, type TokenSettings } from './token-settings.ts';

/** A token with an unknown key id makes us ask the issuer again, but no more often than this. */
const KEYS_COOLDOWN_MS = 30_000;
/** Keys are asked for again after this time even if all tokens verify, so that a withdrawn key stops working. */
const KEYS_MAX_AGE_MS = 600_000;
const ISSUER_TIMEOUT_MS = 5_000;
/** One isolate serves one issuer; the bound only keeps a test that runs through many from growing the map. */
const MAX_ISSUERS = 16;

const keys_by_source = new Map<string, JWTVerifyGetKey>();

/** The issuer could not be asked, or answered nonsense. It says nothing about the token. */
export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable';
}

/**
 * The function that finds the issuer's key for a token, kept for the life of the isolate.
 * Only finished answers are kept, never promises: a Worker may not await another request's I/O.
 *
 * @throws IssuerUnreachable when the discovery document cannot be had, names another issuer, or has its keys at no https URL
 */
export async function issuerKeys(settings: TokenSettings): Promise<JWTVerifyGetKey> {
  const source = settings.jwks_url ?? settings.issuer;
  const known = keys_by_source.get(source);
  if (known !== undefined) return known;
  const url = settings.jwks_url ?? (await discoverJwksUrl(settings.issuer));
  const keys = createRemoteJWKSet(new URL(url), {
    cooldownDuration: KEYS_COOLDOWN_MS,
    cacheMaxAge: KEYS_MAX_AGE_MS,
    timeoutDuration: ISSUER_TIMEOUT_MS,
    [customFetch]: fetchTwice,
  });
  if (keys_by_source.size >= MAX_ISSUERS) keys_by_source.clear();
  keys_by_source.set(source, keys);
  return keys;
}

/** OpenID Connect Discovery 1.0, section 4: the document's own `issuer` must be the one that was asked for. */
async function discoverJwksUrl(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  let document: unknown;
  try {
    const response = await fetchTwice(url, { redirect: 'manual', signal: AbortSignal.timeout(ISSUER_TIMEOUT_MS) });
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    document = await response.json();
  } catch (cause) {
    throw new IssuerUnreachable(`No discovery document at ${url}`, { cause });
  }
  const { issuer: named, jwks_uri } = document as { issuer?: unknown; jwks_uri?: unknown };
  if (named !== issuer || typeof jwks_uri !== 'string' || !isTrustworthy(jwks_uri)) {
    throw new IssuerUnreachable(`The discovery document at ${url} names another issuer or no jwks_uri with https`);
  }
  return jwks_uri;
}

/** Tries a second time when the network failed: a kept-alive connection may have been closed by the other end. */
async function fetchTwice(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    return fetch(url, init);
  }
}
