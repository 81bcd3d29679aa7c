import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyToken } from '../../src/api/verify-token.ts';
import { type IdentityProvider, startIdentityProvider } from '../../src/local/identity-provider.ts';
import { signInOverHttp } from '../../src/local/sign-in-over-http.ts';

const ORIGIN = 'http://127.0.0.1:8787';
const MAYA = { id: 'a58626f1-e158-4bc5-a050-e9dafb06c81c', email: 'maya@example.com' };
const JOERG = { id: '788ff477-c029-4056-b12a-12b8a74f64dd', email: 'jörg+test@example.com', name: 'Jörg <b>' };

let data_dir: string;
let provider: IdentityProvider;
const logged = [vi.spyOn(console, 'info'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')];

const start = (port = 0) => startIdentityProvider({ port, users: [MAYA, JOERG], web_origins: [ORIGIN], data_dir });
const settings = () => ({ issuer: provider.issuer, audience: 'annals', jwks_url: null, user_claim: 'sub' });

beforeAll(async () => {
  data_dir = await mkdtemp(join(tmpdir(), 'annals-identity-'));
  provider = await start();
});
afterAll(async () => {
  await provider.stop();
  await rm(data_dir, { recursive: true });
});

describe('the local identity provider', () => {
  it('signs a user in, with an access token that the Worker accepts', async () => {
    const tokens = await signInOverHttp(provider.issuer, MAYA.id, ORIGIN);
    expect(await verifyToken(tokens.access_token, settings(), new Date())).toEqual({
      user_id: MAYA.id,
      scopes: new Set(),
    });
  });

  it('gives an ID token with the user’s address, which is no access token', async () => {
    const tokens = await signInOverHttp(provider.issuer, JOERG.id, ORIGIN);
    const claims = JSON.parse(Buffer.from(tokens.id_token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ sub: JOERG.id, email: JOERG.email, name: JOERG.name, aud: 'annals-web' });
    expect(await verifyToken(tokens.id_token, settings(), new Date())).toMatchObject({ error: 'invalid_token' });
  });

  it('refuses a user that it does not know', async () => {
    await expect(signInOverHttp(provider.issuer, '00000000-0000-4000-8000-000000000000', ORIGIN)).rejects.toThrow();
  });

  it('refuses to send anyone to an address that is not the web client’s', async () => {
    await expect(signInOverHttp(provider.issuer, MAYA.id, 'http://127.0.0.1:9999')).rejects.toThrow('answered 400');
  });

  it('gives the operator a token with the scope operator, for its secret only', async () => {
    const ask = (secret: string, scope: string) =>
      fetch(`${provider.issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`annals-operator:${secret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
      });
    const answer = (await (await ask(provider.operator_secret, 'operator')).json()) as { access_token: string };
    expect(await verifyToken(answer.access_token, settings(), new Date())).toMatchObject({
      scopes: new Set(['operator']),
    });
    expect((await ask('guess', 'operator')).status).toBe(401);
  });

  it('gives no operator scope to a user’s client, whatever it asks for', async () => {
    const answer = await fetch(
      `${provider.issuer}/auth?client_id=annals-web&response_type=code&scope=openid+operator&redirect_uri=${encodeURIComponent(`${ORIGIN}/signed-in`)}&code_challenge=${'A'.repeat(43)}&code_challenge_method=S256`,
      { redirect: 'manual' },
    );
    expect(answer.headers.get('location')).toContain('error=invalid_scope');
  });

  it('keeps keys, sessions and the operator’s secret over a restart: old tokens verify and renew', async () => {
    const tokens = await signInOverHttp(provider.issuer, MAYA.id, ORIGIN);
    const { issuer, operator_secret } = provider;
    await provider.stop();
    provider = await start(Number(new URL(issuer).port));
    expect(provider).toMatchObject({ issuer, operator_secret });
    expect(await verifyToken(tokens.access_token, settings(), new Date())).toMatchObject({ user_id: MAYA.id });
    const renewed = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { origin: ORIGIN },
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'annals-web',
        refresh_token: tokens.refresh_token,
      }),
    });
    expect(renewed.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    const { access_token } = (await renewed.json()) as { access_token: string };
    expect(await verifyToken(access_token, settings(), new Date())).toMatchObject({ user_id: MAYA.id });
  });

  it('lets no other origin read its answers', async () => {
    const answer = await fetch(`${provider.issuer}/token`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'annals-web', refresh_token: 'guess' }),
    });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('prints nothing on the console', () => {
    for (const spy of logged) expect(spy).not.toHaveBeenCalled();
  });
});
