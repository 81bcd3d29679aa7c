import { createHash, randomBytes } from 'node:crypto';
import { WEB_CLIENT_ID } from './identity-provider.ts';

export interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
  readonly refresh_token: string;
}

const MAX_REDIRECTS = 10;

/**
 * Signs a sample user in at the local provider as a browser would (code flow with PKCE), without a browser: for
 * tests, benchmarks, and a token for `curl`.
 *
 * @param web_origin one of the provider's `web_origins`
 * @throws Error when the provider refuses, with its own words
 */
export async function signInOverHttp(issuer: string, user_id: string, web_origin: string): Promise<Tokens> {
  const verifier = randomBytes(32).toString('base64url');
  const redirect_uri = `${web_origin}/signed-in`;
  const start = new URL(`${issuer}/auth`);
  start.search = new URLSearchParams({
    client_id: WEB_CLIENT_ID,
    response_type: 'code',
    redirect_uri,
    scope: 'openid email profile operator',
    state: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();

  const code = await followToCode(start, redirect_uri, user_id);
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: WEB_CLIENT_ID,
      code,
      redirect_uri,
      code_verifier: verifier,
    }),
  });
  if (!response.ok) throw new Error(`The provider refused the code: ${await response.text()}`);
  return (await response.json()) as Tokens;
}

/** Follows redirects with cookies, posting the user where the sign-in page asks, up to the one that has the code. */
async function followToCode(start: URL, redirect_uri: string, user_id: string): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | null = null;
  for (let step = 0; step < MAX_REDIRECTS; step++) {
    const response: Response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === null ? {} : { method: 'POST', body: form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name !== undefined && value !== undefined) cookies.set(name, value);
    }
    const location = response.headers.get('location');
    form = null;
    if (location !== null) {
      url = new URL(location, url);
      if (!url.href.startsWith(redirect_uri)) continue;
      const code = url.searchParams.get('code');
      if (code === null) throw new Error(`The provider refused: ${url.searchParams.get('error_description')}`);
      return code;
    }
    if (!response.ok || !url.pathname.startsWith('/sign-in/')) {
      throw new Error(`The provider answered ${response.status} at ${url.pathname}`);
    }
    form = new URLSearchParams({ user_id });
  }
  throw new Error(`The provider redirected more than ${MAX_REDIRECTS} times`);
}
