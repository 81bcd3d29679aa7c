import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Provider, { type Configuration, errors } from 'oidc-provider';
import { type LocalUser, messagePage, signInPage, signOutPage } from './identity-pages.ts';
import { identitySecrets } from './identity-secrets.ts';
import { identityStore } from './identity-store.ts';

/** The web client's `client_id`: public, code flow with PKCE. */
export const WEB_CLIENT_ID = 'annals-web';
/** What it asks for; only an operator is given the last. */
export const WEB_CLIENT_SCOPE = 'openid email profile offline_access operator';
/** The operator's `client_id`: client credentials, with the secret that {@link startIdentityProvider} returns. */
export const OPERATOR_CLIENT_ID = 'annals-operator';
/** The `aud` of every access token. */
export const LOCAL_AUDIENCE = 'annals';

/** What RFC 8707 calls the resource must be a URI; the audience in the token need not be. */
const RESOURCE = 'urn:annals:api';
const ACCESS_TOKEN_TTL_S = 3_600;
const SESSION_TTL_S = 14 * 24 * 3_600;
const INTERACTION_TTL_S = 3_600;
const AUTHORIZATION_CODE_TTL_S = 60;
const MAX_FORM_BYTES = 1_024;

export interface IdentityProviderOptions {
  /** 0 picks a free one; tokens survive a restart only on the same port, since the issuer's name contains it. */
  port: number;
  users: readonly LocalUser[];
  /** Origins of the web client, such as `http://127.0.0.1:8787`: allowed by CORS and to be redirected to. */
  web_origins: readonly string[];
  /** Where keys, the operator's secret and sessions are kept. */
  data_dir: string;
}

export interface IdentityProvider {
  readonly issuer: string;
  readonly jwks_url: string;
  /** The secret of the client `annals-operator`. */
  readonly operator_secret: string;
  stop(): Promise<void>;
}

/**
 * Starts a real OpenID provider (code flow with PKCE, refresh tokens, client credentials, RP-initiated logout) for a
 * developer's machine, on 127.0.0.1 only. Its sign-in page lists the users and asks for no password.
 *
 * The web client's redirect address is `ORIGIN/signed-in`, and after signing out `ORIGIN/`.
 */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const secrets = await identitySecrets(options.data_dir);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `http://${host}`;
  const provider = new Provider(issuer, {
    ...configuration(options),
    adapter: identityStore(join(options.data_dir, 'identity-sessions.json')),
    jwks: { keys: secrets.signing_keys },
    cookies: { keys: secrets.cookie_keys },
    clients: [webClient(options.web_origins), operatorClient(secrets.operator_secret)],
  });
  const answer = provider.callback();

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // The provider builds its own addresses from the Host header: under another name they would not be the issuer's.
    if (request.headers.host !== host) {
      response.writeHead(421, { 'content-type': 'text/plain' }).end(`This is ${issuer}.\n`);
    } else if (request.url?.startsWith('/sign-in/')) {
      signIn(provider, options.users, request, response).catch((error: unknown) => fail(response, error));
    } else {
      answer(request, response).catch((error: unknown) => fail(response, error));
    }
  });

  return {
    issuer,
    jwks_url: `${issuer}/jwks`,
    operator_secret: secrets.operator_secret,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function configuration(options: IdentityProviderOptions): Configuration {
  return {
    scopes: ['openid', 'offline_access', 'email', 'profile', 'operator'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // The web client shows who is signed in from the ID token, with no further request.
    conformIdTokenClaims: false,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo(_context, resource) {
          if (resource !== RESOURCE) throw new errors.InvalidTarget();
          return {
            scope: 'operator',
            audience: LOCAL_AUDIENCE,
            accessTokenTTL: ACCESS_TOKEN_TTL_S,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        async logoutSource(context, form) {
          context.body = await signOutPage(form);
        },
        async postLogoutSuccessSource(context) {
          context.body = await messagePage('Signed out', 'You can close this page.');
        },
      },
    },
    interactions: { url: (_context, interaction) => `/sign-in/${interaction.uid}` },
    findAccount(_context, id) {
      const user = options.users.find((candidate) => candidate.id === id);
      if (user === undefined) return undefined;
      const { email, name } = user;
      return { accountId: id, claims: () => ({ sub: id, email, email_verified: true, ...(name && { name }) }) };
    },
    clientBasedCORS: (_context, origin) => options.web_origins.includes(origin),
    issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    loadExistingGrant: grantAll(options.users),
    ttl: {
      AccessToken: ACCESS_TOKEN_TTL_S,
      ClientCredentials: ACCESS_TOKEN_TTL_S,
      IdToken: ACCESS_TOKEN_TTL_S,
      AuthorizationCode: AUTHORIZATION_CODE_TTL_S,
      Interaction: INTERACTION_TTL_S,
      RefreshToken: SESSION_TTL_S,
      Session: SESSION_TTL_S,
      Grant: SESSION_TTL_S,
    },
    async renderError(context, out) {
      context.type = 'html';
      context.body = await messagePage('That did not work', out.error_description ?? out.error);
    },
  };
}

/**
 * Consent is taken for granted: the only client is ours, and the only users are samples. All ask for the scope `operator`;
 * whoever is none is refused it without a question.
 */
function grantAll(users: readonly LocalUser[]): NonNullable<Configuration['loadExistingGrant']> {
  return async (context) => {
    const { client, session, provider } = context.oidc;
    if (client === undefined || session?.accountId === undefined) return undefined;
    const id = session.grantIdFor(client.clientId);
    const known = id === undefined ? undefined : await provider.Grant.find(id);
    const grant = known ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid email profile offline_access');
    if (users.some((user) => user.id === session.accountId && user.is_operator === true)) {
      grant.addOIDCScope('operator');
      grant.addResourceScope(RESOURCE, 'operator');
    } else {
      grant.rejectOIDCScope('operator');
      grant.rejectResourceScope(RESOURCE, 'operator');
    }
    await grant.save();
    return grant;
  };
}

function webClient(origins: readonly string[]) {
  return {
    client_id: WEB_CLIENT_ID,
    client_name: 'Annals',
    token_endpoint_auth_method: 'none' as const,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code' as const],
    redirect_uris: origins.map((origin) => `${origin}/signed-in`),
    post_logout_redirect_uris: origins.map((origin) => `${origin}/`),
    scope: WEB_CLIENT_SCOPE,
  };
}

function operatorClient(secret: string) {
  return {
    client_id: OPERATOR_CLIENT_ID,
    client_secret: secret,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: 'operator',
  };
}

/** The sign-in page of one interaction (its id is in the path and in a cookie): GET shows it, POST picks a user. */
async function signIn(
  provider: Provider,
  users: readonly LocalUser[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await provider.interactionDetails(request, response);
  if (request.method === 'POST') {
    const id = new URLSearchParams(await readForm(request)).get('user_id');
    if (users.some((user) => user.id === id) && id !== null) {
      return provider.interactionFinished(request, response, { login: { accountId: id } });
    }
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(await signInPage(users));
}

async function readForm(request: IncomingMessage): Promise<string> {
  let form = '';
  for await (const chunk of request) {
    form += String(chunk);
    if (form.length > MAX_FORM_BYTES) throw new errors.InvalidRequest('the form is too long');
  }
  return form;
}

function fail(response: ServerResponse, error: unknown): void {
  const known = error instanceof errors.OIDCProviderError;
  if (!known) console.error('identity provider:', error);
  if (response.headersSent) {
    response.end();
    return;
  }
  messagePage(
    known ? 'Start again' : 'That did not work',
    known
      ? 'This sign-in is over or was begun in another browser. Go back to Annals and sign in again.'
      : 'See the console.',
  ).then((body) => {
    response.writeHead(known ? 400 : 500, { 'content-type': 'text/html; charset=utf-8' }).end(body);
  });
}
