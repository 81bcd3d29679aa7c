import { LOOPBACK_HOSTS } from '../store/loopback-hosts.ts';

/** What the environment of a Worker says about sign-in. Each name is documented in `.dev.vars.example`. */
export interface TokenEnv {
  /** The issuer, exactly as its tokens name it in `iss` (Auth0's ends in a slash, most do not). */
  OIDC_ISSUER?: string;
  /** The audience that a token must be for. */
  OIDC_AUDIENCE?: string;
  /** Where the issuer publishes its keys; when left out it is looked up in the issuer's discovery document. */
  OIDC_JWKS_URL?: string;
  /** The claim that names the user; `sub` when left out. Choose one that users cannot edit. */
  OIDC_USER_CLAIM?: string;
}

export interface TokenSettings {
  readonly issuer: string;
  readonly audience: string;
  /** `null`: found through the issuer's discovery document. */
  readonly jwks_url: string | null;
  readonly user_claim: string;
}

export interface SettingsFailure {
  readonly error: 'not_configured';
  readonly message: string;
}

/** An isolate has one environment for all its requests. */
const known = new WeakMap<TokenEnv, TokenSettings | SettingsFailure>();

/** The settings, the same object for the same environment; the failure's message names the variable to set. */
export function tokenSettings(env: TokenEnv): TokenSettings | SettingsFailure {
  const settings = known.get(env) ?? readSettings(env);
  known.set(env, settings);
  return settings;
}

function readSettings(env: TokenEnv): TokenSettings | SettingsFailure {
  const issuer = env.OIDC_ISSUER ?? '';
  const audience = env.OIDC_AUDIENCE ?? '';
  const jwks_url = env.OIDC_JWKS_URL ?? '';
  const user_claim = env.OIDC_USER_CLAIM ?? '';
  if (audience === '') return notConfigured('OIDC_AUDIENCE is not set: name the audience that tokens must be for.');
  if (!isTrustworthy(issuer)) return notConfigured('OIDC_ISSUER must be an https URL (http only on this machine).');
  if (jwks_url !== '' && !isTrustworthy(jwks_url)) {
    return notConfigured('OIDC_JWKS_URL must be an https URL (http only on this machine), or be left out.');
  }
  return {
    issuer,
    audience,
    jwks_url: jwks_url === '' ? null : jwks_url,
    user_claim: user_claim === '' ? 'sub' : user_claim,
  };
}

/** Keys that came over plain http could be anybody's: only a loopback address may do without TLS. */
export function isTrustworthy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname));
}

function notConfigured(message: string): SettingsFailure {
  return { error: 'not_configured', message };
}
