import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type RunningWorkers, runWorkers } from '../../src/local/run-workers.ts';

let workers: RunningWorkers;
beforeAll(async () => {
  const settings = {
    OIDC_ISSUER: 'https://issuer.example/tenant',
    OIDC_AUDIENCE: 'annals',
    OIDC_CLIENT_ID: 'annals-web',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  };
  const bundled = inject('workers');
  workers = await runWorkers({ bundled, apiPort: 0, importPort: 0, log: () => {}, api: settings, import: settings });
});
afterAll(() => workers?.stop());

const get = (path: string, accept = 'text/html,*/*;q=0.8', method = 'GET') =>
  fetch(workers.apiUrl + path, { method, headers: { accept }, redirect: 'manual' });

describe('the API Worker serves the web client', () => {
  it.each(['/', '/calendar', '/calendar?year=2025', '/signed-in?code=x'])(
    '%s is the page, under its policy',
    async (path) => {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain('text/html');
      expect(await answer.text()).toContain('<div id="root">');
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("connect-src 'self' https://issuer.example;");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('strict-transport-security')).toMatch(/^max-age=\d{8};/);
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      expect(answer.headers.get('cache-control')).toBe('public, max-age=0, must-revalidate');
    },
  );

  it('scripts may be kept for ever, since their names hold their content’s digest', async () => {
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(await (await get('/')).text())?.[1] ?? '';
    const answer = await get(script, '*/*');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('javascript');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  it.each(['/assets/index-gone.js', '/assets/index-gone.css', '/gone.svg', '/v1/gone', '/v1', '/config/gone'])(
    '%s is missing, not the page, and may not be kept',
    async (path) => {
      const answer = await get(path);
      expect([401, 404]).toContain(answer.status);
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(answer.headers.get('cache-control') ?? '').not.toContain('max-age');
    },
  );

  it('is at its address for whoever takes anything, as curl does', async () => {
    const answer = await get('/', '*/*');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/html');
  });

  it('gives no page to a machine, or to a write', async () => {
    expect((await get('/', 'application/json')).status).toBe(404);
    expect((await get('/calendar', 'application/json')).status).toBe(404);
    expect((await get('/calendar', 'text/html', 'POST')).status).toBe(404);
  });

  it('answers HEAD as GET, without the body', async () => {
    const answer = await get('/calendar', 'text/html', 'HEAD');
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('');
  });

  it('answers an unchanged page with 304', async () => {
    const etag = (await get('/')).headers.get('etag') ?? '';
    const answer = await fetch(`${workers.apiUrl}/`, { headers: { accept: 'text/html', 'if-none-match': etag } });
    expect(answer.status).toBe(304);
  });

  it('tells the client how to sign in', async () => {
    const answer = await get('/config', 'application/json');
    expect(await answer.json()).toMatchObject({ issuer: 'https://issuer.example/tenant', client_id: 'annals-web' });
  });
});
