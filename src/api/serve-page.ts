import type { MiddlewareHandler } from 'hono';
import { STRICT_TRANSPORT_SECURITY } from './security-headers.ts';

/** What serving the web client needs of the Worker. */
export interface PageBindings {
  /** The static assets of `dist/web`; missing where the client was never built. */
  ASSETS?: { fetch(request: Request): Promise<Response> };
  OIDC_ISSUER?: string;
}

/** Paths of machines, which never get a page whatever they accept. */
const API_PATH = /^\/(v1|rest|config|docs|openapi\.json)(\/|$)/;
const FILE_PATH = /\.[a-z0-9]+$/;

/**
 * Answers a GET with the web client: a file of it, or its page for every address that a browser navigates to (the
 * client's own router takes it from there). Everything else goes on to the routes.
 *
 * Why not the platform's own single-page fallback: it answers a missing script with the page, status 200 and the
 * script's caching for a year, so that one request in the middle of a deployment breaks a browser for good.
 */
export function servePage(): MiddlewareHandler<{ Bindings: PageBindings }> {
  return async function servePage(c, next) {
    if (c.env.ASSETS === undefined || API_PATH.test(c.req.path)) return next();
    const url = new URL(c.req.url);
    const is_file = FILE_PATH.test(url.pathname);
    // At the address itself there is nothing but the page, so whoever takes anything (curl, a health check) gets it.
    const accept = c.req.header('accept') ?? '*/*';
    const wants_page = accept.includes('text/html') || (url.pathname === '/' && accept.includes('*/*'));
    if (!(is_file || wants_page)) return next();
    const asset = await c.env.ASSETS.fetch(new Request(is_file ? url : new URL('/', url), c.req.raw));
    if (asset.status === 404) return next();
    const response = new Response(asset.body, asset);
    for (const [name, value] of Object.entries(pageHeaders(c.env.OIDC_ISSUER))) response.headers.set(name, value);
    return response;
  };
}

/**
 * The page may load its own code and talk to this service and the issuer, and nothing else.
 * `style-src-attr` is for the charts, which place their parts by style attributes.
 */
function pageHeaders(issuer: string | undefined): Record<string, string> {
  const issuer_origin = issuer !== undefined && URL.canParse(issuer) ? ` ${new URL(issuer).origin}` : '';
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    `connect-src 'self'${issuer_origin}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'strict-transport-security': STRICT_TRANSPORT_SECURITY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'cross-origin-opener-policy': 'same-origin',
  };
}
