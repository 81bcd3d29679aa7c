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

const OPERATOR = { id: 'c1a55e0b-7f0e-4b5e-9d0a-2f7c3e6d8a41', email: 'operator@example.com', is_operator: true };

const start = (port = 0) =>
  startIdentityProvider({ port, users: [MAYA, JOERG, OPERATOR], web_origins: [ORIGIN], data_dir });
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

  it('gives the scope operator to an operator who asks for it, and to nobody else', async () => {
    const tokens = await signInOverHttp(provider.issuer, OPERATOR.id, ORIGIN);
    expect(await verifyToken(tokens.access_token, settings(), new Date())).toEqual({
      user_id: OPERATOR.id,
      scopes: new Set(['operator']),
    });
    const { access_token } = await signInOverHttp(provider.issuer, JOERG.id, ORIGIN);
    expect(await verifyToken(access_token, settings(), new Date())).toMatchObject({ scopes: new Set() });
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
