import { ErrorResponse, ErrorTimeout, type User, UserManager, WebStorageStateStore } from 'oidc-client-ts';
import { reach, Unreachable } from './unreachable.ts';

/** The answer of `GET /config`. */
interface SignInConfig {
  readonly issuer: string;
  readonly client_id: string;
  readonly audience: string;
  readonly scope: string;
}

export interface Profile {
  /** The provider's name of the user. */
  readonly id: string;
  readonly email: string | null;
  readonly name: string | null;
  /** Has the scope of the operator's screens. */
  readonly is_operator: boolean;
}

/** Nobody is signed in, or no longer, or somebody else by now: the way on is the sign-in screen. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut';
}

export interface Session {
  /** Who is signed in, or null. */
  profile(): Promise<Profile | null>;
  /**
   * An access token with time left; renews one that is about to end.
   * @throws SignedOut, or Unreachable
   */
  accessToken(): Promise<string>;
  /**
   * A new access token, for when the API refused the old one.
   * @throws SignedOut, or Unreachable
   */
  renewedToken(): Promise<string>;
  /** Leaves the page for the provider, which comes back to `/signed-in`. */
  signIn(return_to: string): Promise<void>;
  /** Ends a sign-in at `/signed-in`; gives the `return_to` of its beginning. */
  finishSignIn(): Promise<string>;
  /** Ends the session here and at the provider, unless it is somebody else's by now: leaves the page for it, and comes back to `/`. */
  signOut(): Promise<void>;
}

/** Renew this long before the end, so that a token does not end on its way. */
const RENEW_BEFORE_S = 60;

/**
 * Reads the sign-in settings from the service and takes up a session of an earlier visit.
 *
 * Tokens are renewed when needed, under a lock that all tabs share: with rotating refresh tokens, two tabs that renew
 * at once look like a thief, and timers stop while a laptop sleeps.
 *
 * @throws Error when the service gives no settings; Unreachable
 */
export async function startSession(): Promise<Session> {
  const response = await reach('/config');
  if (!response.ok) throw new Error(`The service gave no sign-in settings (status ${response.status}).`);
  const config = (await response.json()) as SignInConfig;
  const manager = new UserManager({
    authority: config.issuer,
    client_id: config.client_id,
    scope: config.scope,
    redirect_uri: `${location.origin}/signed-in`,
    post_logout_redirect_uri: `${location.origin}/`,
    // Auth0 gives an opaque token unless it is told the audience; others ignore it.
    extraQueryParams: { audience: config.audience },
    automaticSilentRenew: false,
    userStore: new WebStorageStateStore({ store: localStorage, prefix: 'annals.' }),
    stateStore: new WebStorageStateStore({ store: sessionStorage, prefix: 'annals.state.' }),
  });

  /** Whose page this is: all that is shown and waits here is theirs, also when another tab signs somebody else in. */
  let owner: string | null = null;

  async function ownUser(): Promise<User | null> {
    const user = await manager.getUser();
    owner ??= user?.profile.sub ?? null;
    return user?.profile.sub === owner ? user : null;
  }

  /** @param used the token that will not do */
  async function renew(used: string | null): Promise<string> {
    return navigator.locks.request('annals.renew', async () => {
      const user = await ownUser();
      if (user === null) throw new SignedOut();
      if (user.access_token !== used && hasTime(user)) return user.access_token;
      try {
        const renewed = user.refresh_token === undefined ? null : await manager.signinSilent();
        // It is of whom the device has by now: another tab may have signed somebody else in meanwhile.
        if (renewed?.profile.sub === owner) return renewed.access_token;
      } catch (error) {
        if (error instanceof TypeError || error instanceof ErrorTimeout) throw new Unreachable(error);
        // What the provider refuses ends the session; a provider that is out of order does not.
        if (!(error instanceof ErrorResponse)) throw error;
      }
      if ((await ownUser()) !== null) await manager.removeUser();
      throw new SignedOut();
    });
  }

  return {
    async profile() {
      const user = await ownUser();
      if (user === null || (!hasTime(user) && user.refresh_token === undefined)) return null;
      const { sub, email, name } = user.profile;
      return { id: sub, email: email ?? null, name: name ?? null, is_operator: user.scopes.includes('operator') };
    },
    async accessToken() {
      const user = await ownUser();
      if (user === null) throw new SignedOut();
      return hasTime(user) ? user.access_token : renew(user.access_token);
    },
    async renewedToken() {
      const user = await ownUser();
      return renew(user?.access_token ?? null);
    },
    signIn: (return_to) => manager.signinRedirect({ state: return_to }),
    async finishSignIn() {
      const user = await manager.signinRedirectCallback();
      return typeof user.state === 'string' && /^\/(?!\/)/.test(user.state) ? user.state : '/';
    },
    async signOut() {
      // Nothing of whom another tab has signed in since is this page's to end.
      if ((await ownUser()) === null) return location.assign('/');
      // Best effort, and told: an issuer may be out of reach, or know no revocation or no logout of its own.
      await manager.revokeTokens(['refresh_token']).catch(console.warn);
      try {
        await manager.signoutRedirect();
      } catch (error) {
        console.warn(error);
        await manager.removeUser();
        location.assign('/');
      }
    },
  };
}

function hasTime(user: User): boolean {
  return (user.expires_in ?? 0) > RENEW_BEFORE_S;
}
