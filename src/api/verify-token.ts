import { errors, type JWTPayload, jwtVerify } from 'jose';
import { nameBasedUuid } from '../domain/codec/name-based-uuid.ts';
import { isUuid } from '../domain/edn/tags.ts';
import { IssuerUnreachable, issuerKeys } from './issuer-keys.ts';
import type { SettingsFailure, TokenSettings } from './token-settings.ts';
import { keepVerified, verifiedCaller } from './verified-callers.ts';

/** Who asks, by a verified token and nothing else. */
export interface Caller {
  /** The user's UUID, in lower case. */
  readonly user_id: string;
  readonly scopes: ReadonlySet<string>;
}

export interface TokenFailure {
  readonly error: 'invalid_token' | 'expired_token' | 'issuer_unreachable' | SettingsFailure['error'];
  /** Says what is wrong and what to do; holds nothing of the token. */
  readonly message: string;
}

/** Asymmetric ones only: with HS256 anyone who knows the public key could sign, and `none` needs no key at all. */
const ALGORITHMS = ['RS256', 'ES256', 'PS256', 'EdDSA', 'Ed25519'];
/** RFC 9068 says `at+jwt`; many issuers say `JWT` or nothing. Any other type (a logout token, say) is no access token. */
const TYPES: ReadonlySet<string> = new Set(['at+jwt', 'application/at+jwt', 'jwt']);
const CLOCK_TOLERANCE_S = 60;
const MAX_TOKEN_CHARS = 16_384;
/** The namespace for names that are URLs (RFC 9562, appendix A). */
const URL_NAMESPACE = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

/**
 * Verifies an access token: signature by one of the issuer's keys, algorithm, type, issuer, audience, expiry and
 * not-before (with 60 s of tolerance). Never throws.
 *
 * The user is the claim `settings.user_claim`. A claim that is no UUID becomes the name-based UUID (v5) of
 * `issuer#claim`; an issuer has no fragment (OpenID Connect Core, section 2), so that no two pairs give one name.
 *
 * @example await verifyToken(token, settings, new Date()) // { user_id: '788ff477-…', scopes: Set {} }
 */
export async function verifyToken(token: string, settings: TokenSettings, now: Date): Promise<Caller | TokenFailure> {
  if (token.length > MAX_TOKEN_CHARS) return invalid('The token is too long to be one of the issuer’s.');
  const known = verifiedCaller(token, settings, now);
  if (known !== null) return known;
  try {
    const keys = await issuerKeys(settings);
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer: settings.issuer,
      audience: settings.audience,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: now,
    });
    const type = protectedHeader.typ;
    if (type !== undefined && !TYPES.has(type.toLowerCase())) {
      return invalid('The token is not an access token. Send the access token, not another one of the issuer’s.');
    }
    const claim = payload[settings.user_claim];
    if (typeof claim !== 'string' || claim === '') {
      return invalid(`The token does not say who its user is: the claim ${settings.user_claim} is missing.`);
    }
    const lower = claim.toLowerCase();
    const user_id = isUuid(lower) ? lower : nameBasedUuid(URL_NAMESPACE, `${settings.issuer}#${claim}`);
    const caller = { user_id, scopes: scopesOf(payload) };
    keepVerified(token, settings, caller, now, (payload.exp ?? 0) * 1_000);
    return caller;
  } catch (error) {
    return failureOf(error);
  }
}

/** `scope` is a string of words (RFC 8693); `scp` is what Microsoft and Okta call it, there also as an array. */
function scopesOf(payload: JWTPayload): ReadonlySet<string> {
  const claim = payload.scope ?? payload.scp;
  const words = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return new Set(words.filter((word): word is string => typeof word === 'string' && word !== ''));
}

function failureOf(error: unknown): TokenFailure {
  if (error instanceof errors.JWTExpired) {
    return { error: 'expired_token', message: 'The token has expired. Sign in again, or renew the token.' };
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalid(`The token’s claim ${error.claim} is missing or not the one expected here.`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return invalid(`The token is signed with an algorithm that is not accepted. Accepted: ${ALGORITHMS.join(', ')}.`);
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed) {
    return invalid('The token is not signed with one of the issuer’s keys.');
  }
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return invalid('The token’s header must name its key (kid), since the issuer has several.');
  }
  if (isKeySetFailure(error)) {
    return {
      error: 'issuer_unreachable',
      message: 'The issuer of tokens could not be asked for its keys. Try again soon.',
    };
  }
  return invalid('The token is not a well-formed, signed JSON Web Token.');
}

/**
 * Failures of fetching the keys, as against failures of the token: a rejected fetch is a TypeError or a DOMException,
 * and jose throws its base class itself for a wrong status or body.
 */
function isKeySetFailure(error: unknown): boolean {
  if (error instanceof IssuerUnreachable) return true;
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  if (error instanceof errors.JOSEError) return error.code === 'ERR_JOSE_GENERIC';
  return true;
}

function invalid(message: string): TokenFailure {
  return { error: 'invalid_token', message };
}
