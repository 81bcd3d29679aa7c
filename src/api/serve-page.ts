import type { Context } from 'hono';

/** What serving the web client needs of the Worker. */
export interface PageEnv {
  Bindings: {
    /** The static assets of `dist/web`. */
    ASSETS: { fetch(request: Request): Promise<Response> };
    OIDC_ISSUER?: string;
  };
}

/** Paths of machines, which never get a page whatever they accept. */
const API_PATH = /^\/(v1|rest|config)(\/|$)/;
const FILE_PATH = /\.[a-z0-9]+$/;

/**
 * Answers what no other route took: a file of the web client, or its page for every address that a browser navigates
 * to (the client's own router takes it from there). Null when it is neither: the caller answers 404.
 *
 * Why not the platform's own single-page fallback: it answers a missing script with the page, status 200 and the
 * script's caching for a year, so that one request in the middle of a deployment breaks a browser for good.
 *
 * @param c any request; only GET and HEAD are taken
 */
export async function servePage(c: Context<PageEnv>): Promise<Response | null> {
  const url = new URL(c.req.url);
  if ((c.req.method !== 'GET' && c.req.method !== 'HEAD') || API_PATH.test(url.pathname)) return null;
  const is_file = FILE_PATH.test(url.pathname);
  if (!is_file && !(c.req.header('accept') ?? '').includes('text/html')) return null;
  const asset = await c.env.ASSETS.fetch(new Request(is_file ? url : new URL('/', url), c.req.raw));
  if (asset.status === 404) return null;
  const response = new Response(asset.body, asset);
  for (const [name, value] of Object.entries(pageHeaders(c.env.OIDC_ISSUER))) response.headers.set(name, value);
  return response;
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
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'cross-origin-opener-policy': 'same-origin',
  };
}
