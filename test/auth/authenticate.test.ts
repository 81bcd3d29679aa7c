import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuthenticatedEnv, authenticate, requireScope } from '../../src/api/authenticate.ts';
import type { TokenEnv } from '../../src/api/token-settings.ts';
import { startTestIssuer, type TestIssuer } from '../tokens.ts';

const JOERG = '788ff477-c029-4056-b12a-12b8a74f64dd';

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterAll(() => issuer.stop());

const app = new Hono<AuthenticatedEnv>()
  .use(authenticate())
  .get('/me', (c) => c.json({ user_id: c.var.caller.user_id }))
  .get('/imports', requireScope('operator'), (c) => c.json({ imports: [] }));

const env = (): TokenEnv => ({ OIDC_ISSUER: issuer.issuer, OIDC_AUDIENCE: 'annals' });
const get = (path: string, authorization: string | null, bindings: TokenEnv = env()) =>
  app.request(path, authorization === null ? {} : { headers: { authorization } }, bindings);

describe('a route behind authenticate', () => {
  it('knows its caller', async () => {
    const answer = await get('/me', `Bearer ${await issuer.token()}`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ user_id: JOERG });
  });

  it.each([null, '', 'Bearer', 'Bearer ', 'Basic bWF5YTpzZWNyZXQ=', 'Bearer two words', 'token'])(
    'asks for a token when the header is %j',
    async (header) => {
      const answer = await get('/me', header);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(await answer.json()).toEqual({
        code: 'AN401',
        message: 'This needs a signed-in user.',
        details: null,
        hint: 'Send the header "Authorization: Bearer TOKEN" with an access token of the configured issuer.',
      });
    },
  );

  it('says what is wrong with a bad token', async () => {
    const answer = await get('/me', `Bearer ${await issuer.expired()}`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token", error_description="expired"');
    expect(await answer.json()).toMatchObject({
      code: 'AN401',
      message: 'The token has expired. Sign in again, or renew the token.',
    });
  });

  it.each([
    ['no issuer', { OIDC_AUDIENCE: 'annals' }, 'OIDC_ISSUER'],
    ['an issuer without TLS', { OIDC_ISSUER: 'http://issuer.example', OIDC_AUDIENCE: 'annals' }, 'OIDC_ISSUER'],
    ['no audience', { OIDC_ISSUER: 'https://issuer.example' }, 'OIDC_AUDIENCE'],
    [
      'a key set without TLS',
      { OIDC_ISSUER: 'https://issuer.example', OIDC_AUDIENCE: 'annals', OIDC_JWKS_URL: 'http://keys.example' },
      'OIDC_JWKS_URL',
    ],
  ])('with %s answers 503, and tells only the log which setting is wrong', async (_name, bindings, setting) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const answer = await get('/me', `Bearer ${await issuer.token()}`, bindings);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('60');
    expect(JSON.stringify(await answer.json())).not.toContain('OIDC');
    expect(log.mock.calls.flat().join()).toContain(setting);
    log.mockRestore();
  });
});

describe('a route behind requireScope', () => {
  it('lets the scope through', async () => {
    expect((await get('/imports', `Bearer ${await issuer.token({ scope: 'operator' })}`)).status).toBe(200);
  });

  it.each(['', 'operators', 'Operator', 'openid'])('refuses the scope %j', async (scope) => {
    const answer = await get('/imports', `Bearer ${await issuer.token({ scope })}`);
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="operator"');
    expect(await answer.json()).toMatchObject({ code: 'AN403' });
  });

  it('asks for a token first', async () => {
    expect((await get('/imports', null)).status).toBe(401);
  });
});
