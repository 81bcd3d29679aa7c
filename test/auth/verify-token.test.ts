import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { verifyToken } from '../../src/api/verify-token.ts';
import { startTestIssuer, type TestIssuer } from '../tokens.ts';

const JOERG = '788ff477-c029-4056-b12a-12b8a74f64dd';
const NOON = new Date('2026-07-01T12:00:00Z');
const noon_s = NOON.getTime() / 1000;

let issuer: TestIssuer;

beforeEach(async () => {
  issuer = await startTestIssuer(() => NOON);
});
afterEach(async () => {
  vi.useRealTimers();
  await issuer.stop();
});

const verify = (token: string, settings = issuer.settings) => verifyToken(token, settings, NOON);

describe('a good token', () => {
  it('gives the user and no scopes', async () => {
    expect(await verify(await issuer.token())).toEqual({ user_id: JOERG, scopes: new Set() });
  });

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('is accepted when signed with %s', async (algorithm) => {
    await issuer.rotate(algorithm);
    expect(await verify(await issuer.token())).toMatchObject({ user_id: JOERG });
  });

  it.each(['at+jwt', 'application/at+jwt', 'JWT', undefined])('is accepted with the type %s', async (typ) => {
    expect(await verify(await issuer.token({}, { typ }))).toMatchObject({ user_id: JOERG });
  });

  it('is accepted among several audiences', async () => {
    expect(await verify(await issuer.token({ aud: ['other', 'annals'] }))).toMatchObject({ user_id: JOERG });
  });

  it('names a user in upper case as one in lower case, so that one person is one user', async () => {
    expect(await verify(await issuer.token({ sub: JOERG.toUpperCase() }))).toMatchObject({ user_id: JOERG });
  });

  it.each([
    ['scope as a string', { scope: 'openid operator' }],
    ['scp as an array', { scp: ['openid', 'operator'] }],
  ])('gives its scopes from %s', async (_name, claims) => {
    expect(await verify(await issuer.token(claims))).toMatchObject({ scopes: new Set(['openid', 'operator']) });
  });

  it('may be 60 s past its end or before its beginning, for clocks differ, and no more', async () => {
    expect(await verify(await issuer.token({ exp: noon_s - 59 }))).toMatchObject({ user_id: JOERG });
    expect(await verify(await issuer.token({ exp: noon_s - 61 }))).toMatchObject({ error: 'expired_token' });
    expect(await verify(await issuer.token({ nbf: noon_s + 59 }))).toMatchObject({ user_id: JOERG });
    expect(await verify(await issuer.token({ nbf: noon_s + 61 }))).toMatchObject({ error: 'invalid_token' });
  });

  it('may name its user by another claim', async () => {
    const settings = { ...issuer.settings, user_claim: 'annals_user' };
    expect(await verify(await issuer.token({ annals_user: JOERG, sub: 'x' }), settings)).toMatchObject({
      user_id: JOERG,
    });
    expect(await verify(await issuer.token(), settings)).toMatchObject({
      error: 'invalid_token',
      message: 'The token does not say who its user is: the claim annals_user is missing.',
    });
  });

  it('with a user that is no UUID gives a UUID v5 of the issuer and the user', async () => {
    // Made with Python: uuid.uuid5(uuid.NAMESPACE_URL, 'https://issuer.example#auth0|42')
    const settings = { ...issuer.settings, issuer: 'https://issuer.example', jwks_url: `${issuer.issuer}/jwks` };
    const token = await issuer.token({ iss: 'https://issuer.example', sub: 'auth0|42' });
    expect(await verify(token, settings)).toMatchObject({ user_id: '5608c5a8-59d4-5ff6-acbc-04dcd3e677c9' });
  });
});

describe('an attack', () => {
  const attacks: Record<string, { mint: () => Promise<string>; error: string }> = {
    'signed with a key that the issuer does not have': { mint: () => issuer.wrongKey(), error: 'invalid_token' },
    'without a signature (alg none)': { mint: () => issuer.unsigned(), error: 'invalid_token' },
    'signed with HS256 and the public key': { mint: () => issuer.hs256WithPublicKey(), error: 'invalid_token' },
    'changed after it was signed': { mint: () => issuer.tampered(), error: 'invalid_token' },
    'for another audience': { mint: () => issuer.wrongAudience(), error: 'invalid_token' },
    'of another issuer': { mint: () => issuer.wrongIssuer(), error: 'invalid_token' },
    'that has expired': { mint: () => issuer.expired(), error: 'expired_token' },
    'that never expires': { mint: () => issuer.token({ exp: undefined }), error: 'invalid_token' },
    'without an audience': { mint: () => issuer.token({ aud: undefined }), error: 'invalid_token' },
    'without an issuer': { mint: () => issuer.token({ iss: undefined }), error: 'invalid_token' },
    'without a user': { mint: () => issuer.token({ sub: undefined }), error: 'invalid_token' },
    'with an empty user': { mint: () => issuer.token({ sub: '' }), error: 'invalid_token' },
    'of another type, such as a logout token': {
      mint: () => issuer.token({}, { typ: 'logout+jwt' }),
      error: 'invalid_token',
    },
    'with a key id that nobody published': { mint: () => issuer.token({}, { kid: 'nobody' }), error: 'invalid_token' },
    'with its own key in its header': {
      mint: () => issuer.wrongKey().then((token) => withHeader(token, { jwk: { kty: 'oct', k: 'AA' } })),
      error: 'invalid_token',
    },
    'with a critical header that nobody knows': {
      mint: () => issuer.token().then((token) => withHeader(token, { crit: ['exp'], exp: 1 })),
      error: 'invalid_token',
    },
    'longer than any token': {
      mint: async () => `${await issuer.token()}${'A'.repeat(20_000)}`,
      error: 'invalid_token',
    },
  };

  it.each(Object.entries(attacks))('%s is refused', async (_name, { mint, error }) => {
    const token = await mint();
    const answer = await verify(token);
    expect(answer).toMatchObject({ error });
    for (const part of token.split('.').filter((text) => text.length > 8)) {
      expect(JSON.stringify(answer)).not.toContain(part);
    }
  });

  it('of random text is refused and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.array(fc.base64String(), { maxLength: 5 })), async (text) => {
        const token = Array.isArray(text) ? text.join('.') : text;
        expect(await verify(token)).toMatchObject({ error: 'invalid_token' });
      }),
      { numRuns: 300 },
    );
  });

  it('of many unknown key ids does not make us ask the issuer each time', async () => {
    for (let i = 0; i < 20; i++) await verify(await issuer.token({}, { kid: `guess-${i}` }));
    expect(issuer.keyRequests()).toBe(1);
  });
});

describe('the issuer’s keys', () => {
  it('are asked for once', async () => {
    for (let i = 0; i < 5; i++) await verify(await issuer.token());
    expect(issuer.keyRequests()).toBe(1);
  });

  it('may rotate: the new key is found after the cool-down, and the old one no longer counts', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOON });
    const old = await issuer.token();
    expect(await verify(old)).toMatchObject({ user_id: JOERG });
    await issuer.rotate();
    vi.setSystemTime(NOON.getTime() + 31_000);
    expect(await verify(await issuer.token())).toMatchObject({ user_id: JOERG });
    expect(await verifyToken(old, issuer.settings, new Date())).toMatchObject({ error: 'invalid_token' });
    expect(issuer.keyRequests()).toBe(2);
  });

  it('are not needed for a token that was verified less than half a minute ago, under the same settings', async () => {
    const token = await issuer.token();
    const later = (seconds: number, settings = issuer.settings) =>
      verifyToken(token, settings, new Date(NOON.getTime() + seconds * 1_000));
    expect(await later(0)).toMatchObject({ user_id: JOERG });
    await issuer.rotate();
    issuer.failWith(500);
    expect(await later(29)).toMatchObject({ user_id: JOERG });
    expect(await later(1, { ...issuer.settings, audience: 'another' })).toMatchObject({ error: 'invalid_token' });
  });

  it('do not make a token that was verified last longer', async () => {
    const token = await issuer.token({ exp: NOON.getTime() / 1_000 });
    const later = (seconds: number) => verifyToken(token, issuer.settings, new Date(NOON.getTime() + seconds * 1_000));
    expect(await later(55)).toMatchObject({ user_id: JOERG });
    expect(await later(61)).toMatchObject({ error: 'expired_token' });
  });

  it('that cannot be had are the issuer’s failure, not the token’s, and are asked for again', async () => {
    issuer.failWith(500);
    const unreachable = {
      error: 'issuer_unreachable',
      message: 'The issuer of tokens could not be asked for its keys. Try again soon.',
    };
    expect(await verify(await issuer.token())).toEqual(unreachable);
    expect(await verify(await issuer.token(), { ...issuer.settings, jwks_url: `${issuer.issuer}/jwks` })).toEqual(
      unreachable,
    );
    issuer.failWith(null);
    expect(await verify(await issuer.token())).toMatchObject({ user_id: JOERG });
  });

  it('are not taken from a discovery document that names another issuer', async () => {
    const settings = { ...issuer.settings, issuer: `${issuer.issuer}/` };
    expect(await verify(await issuer.token(), settings)).toMatchObject({ error: 'issuer_unreachable' });
  });

  it('are not taken over plain http, save from this machine, wherever the discovery document says they are', async () => {
    issuer.publishAt(`${issuer.issuer.replace('127.0.0.1', '0.0.0.0')}/jwks`);
    expect(await verify(await issuer.token())).toMatchObject({ error: 'issuer_unreachable' });
    expect(issuer.keyRequests()).toBe(0);
  });
});

function withHeader(token: string, header: Record<string, unknown>): string {
  const [old, payload, signature] = token.split('.');
  const merged = { ...JSON.parse(Buffer.from(old ?? '', 'base64url').toString()), ...header };
  return `${Buffer.from(JSON.stringify(merged)).toString('base64url')}.${payload}.${signature}`;
}
