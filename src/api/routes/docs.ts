import { Hono } from 'hono';
import { entityTypeFacts } from '../../domain/entity-type-facts.ts';
import type { ApiEnv } from '../env.ts';
import { DOCS_STYLE, docsPage } from '../openapi/page.ts';

const MAX_AGE_S = 300;

/** `GET /docs`: the API as a page. Its policy, which allows its one style, takes the place of the API's own. */
export const docsRoute = new Hono<ApiEnv>().get('/docs', async (c) => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(DOCS_STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return c.html(docsPage(entityTypeFacts().map((type) => type.name)), 200, {
    'Cache-Control': `public, max-age=${MAX_AGE_S}`,
    'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'`,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  });
});
