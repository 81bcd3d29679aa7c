import { CliFailure, EXIT } from './cli-failure.ts';

/** How the operator proves who they are: a token, or a client of the issuer that may ask for one. */
export type OperatorCredentials =
  | { readonly token: string }
  | { readonly issuer: string; readonly client_id: string; readonly client_secret: string };

/** A token is renewed this long before it ends. */
const RENEW_BEFORE_MS = 60_000;
const ISSUER_TIMEOUT_MS = 10_000;
const SCOPE = 'operator';

/**
 * Gives the operator's access token, asking the issuer (client credentials, RFC 6749 section 4.4) when it has none or the
 * last one is about to end.
 */
export function operatorToken(credentials: OperatorCredentials, now: () => number = Date.now): () => Promise<string> {
  if ('token' in credentials) return async () => credentials.token;
  let kept: Promise<{ token: string; ends_ms: number }> | null = null;
  return async () => {
    if (kept !== null && (await kept).ends_ms - RENEW_BEFORE_MS > now()) return (await kept).token;
    kept = ask(credentials, now());
    try {
      return (await kept).token;
    } catch (error) {
      kept = null;
      throw error;
    }
  };
}

async function ask(
  { issuer, client_id, client_secret }: Exclude<OperatorCredentials, { token: string }>,
  now_ms: number,
): Promise<{ token: string; ends_ms: number }> {
  try {
    const signal = AbortSignal.timeout(ISSUER_TIMEOUT_MS);
    const discovery = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, { signal });
    const { token_endpoint } = (await discovery.json()) as { token_endpoint: string };
    const basic = Buffer.from(`${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`).toString(
      'base64',
    );
    const answer = await fetch(token_endpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPE }),
      signal,
    });
    if (!answer.ok) throw new Error(`the token endpoint answers ${answer.status}`);
    const { access_token, expires_in } = (await answer.json()) as { access_token: string; expires_in: number };
    return { token: access_token, ends_ms: now_ms + expires_in * 1_000 };
  } catch (cause) {
    if (cause instanceof TypeError && cause.message === 'fetch failed') {
      throw new CliFailure(EXIT.failed, `The issuer ${issuer} cannot be reached.`, {
        hint: 'Check OIDC_ISSUER. Of the local store: is npm start running?',
        cause,
      });
    }
    throw new CliFailure(EXIT.failed, `The issuer ${issuer} gives no token for the client ${client_id}.`, {
      hint: 'Check OIDC_ISSUER, ANNALS_CLIENT_ID and ANNALS_CLIENT_SECRET.',
      cause,
    });
  }
}
