import { User } from 'oidc-client-ts';
import { beforeEach, expect, it, vi } from 'vitest';
import { SignedOut, startSession } from '../../src/web/session.ts';

const ISSUER = 'https://issuer.example';
const STORED = `annals.user:${ISSUER}:annals-web`;

/** What all tabs of the device share. */
let kept: Map<string, string>;
/** Called after the page has read who is signed in. */
let hasRead: () => void;
/** The issuer's answer to who renews a token. */
let renewal: () => Response;
let asked: string[];
let gone_to: string[];

beforeEach(() => {
  kept = new Map();
  hasRead = () => {};
  renewal = () => Response.json({ access_token: 'renewed', token_type: 'Bearer', expires_in: 3_600 });
  asked = [];
  gone_to = [];
  vi.stubGlobal('localStorage', {
    getItem(key: string) {
      const value = kept.get(key) ?? null;
      hasRead();
      return value;
    },
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
  vi.stubGlobal('sessionStorage', {});
  vi.stubGlobal('location', { origin: 'https://annals.example', assign: (path: string) => void gone_to.push(path) });
  vi.stubGlobal('fetch', async (input: string | URL) => {
    const { pathname } = new URL(input, 'https://annals.example');
    asked.push(pathname);
    if (pathname === '/config')
      return Response.json({ issuer: ISSUER, client_id: 'annals-web', audience: 'annals', scope: 'openid' });
    if (pathname === '/.well-known/openid-configuration')
      return Response.json({
        issuer: ISSUER,
        token_endpoint: `${ISSUER}/token`,
        revocation_endpoint: `${ISSUER}/revoke`,
      });
    return pathname === '/token' ? renewal() : new Response();
  });
});

/** Signs somebody in, in another tab. */
function signIn(sub: string): void {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const profile = { sub, iss: ISSUER, aud: 'annals-web', iat: exp - 3_600, exp };
  const tokens = { access_token: `${sub}’s`, refresh_token: `${sub}’s too`, token_type: 'Bearer', expires_at: exp };
  kept.set(STORED, new User({ ...tokens, profile }).toStorageString());
}

/** A page of Ada's. */
async function openPage() {
  signIn('ada');
  const session = await startSession();
  expect(await session.profile()).toMatchObject({ id: 'ada' });
  return session;
}

it('A token is renewed for whose page it is', async () => {
  const session = await openPage();
  expect(await session.renewedToken()).toBe('renewed');
  expect(await session.accessToken()).toBe('renewed');
});

it('A page gets no token of whom another tab signs in while it renews its own', async () => {
  const session = await openPage();
  let reads = 0;
  // Twice it sees whose they are; then what is renewed is read.
  hasRead = () => {
    if (++reads === 2) signIn('bob');
  };
  await expect(session.renewedToken()).rejects.toThrow(SignedOut);
  expect(asked).toContain('/token');
  expect(kept.get(STORED)).toContain('"sub":"bob"');
});

it('A renewal that is refused signs nobody out whom another tab has signed in meanwhile', async () => {
  const session = await openPage();
  renewal = () => {
    signIn('bob');
    return Response.json({ error: 'invalid_grant' }, { status: 400 });
  };
  await expect(session.renewedToken()).rejects.toThrow(SignedOut);
  expect(kept.get(STORED)).toContain('"sub":"bob"');
});

it('A renewal that is refused signs out whose it was', async () => {
  const session = await openPage();
  renewal = () => Response.json({ error: 'invalid_grant' }, { status: 400 });
  await expect(session.renewedToken()).rejects.toThrow(SignedOut);
  expect(kept.has(STORED)).toBe(false);
});

it('Signing out of a page that is somebody else’s by now ends nothing of theirs', async () => {
  const session = await openPage();
  signIn('bob');
  const before = asked.length;
  await session.signOut();
  expect(asked.slice(before)).toEqual([]);
  expect(kept.get(STORED)).toContain('"sub":"bob"');
  expect(gone_to).toEqual(['/']);
});
