import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { TokenSettings } from '../src/api/token-settings.ts';

type KeyPair = { kid: string; algorithm: string; private_key: CryptoKey; public_key: CryptoKey };

/** An issuer for tests: publishes keys over HTTP, signs what it is told to, and knows the attacks on tokens. */
export interface TestIssuer {
  readonly issuer: string;
  readonly settings: TokenSettings;
  /** Settings of Workers that trust it. */
  readonly workerSettings: {
    readonly OIDC_ISSUER: string;
    readonly OIDC_AUDIENCE: string;
    readonly OIDC_CLIENT_ID: string;
  };
  /** How often the key set was asked for. */
  keyRequests(): number;
  /** A good token, valid for an hour; `claims` (undefined removes one) and `header` change it. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** Signed with a key that the issuer does not publish, under the key id of one that it does. */
  wrongKey(claims?: Record<string, unknown>): Promise<string>;
  /** Ended an hour ago. */
  expired(): Promise<string>;
  wrongAudience(): Promise<string>;
  wrongIssuer(): Promise<string>;
  /** `alg: none`, without a signature. */
  unsigned(): Promise<string>;
  /** HS256 with the text of the issuer's public key as the secret, which everyone knows. */
  hs256WithPublicKey(): Promise<string>;
  /** A good token whose payload was changed after it was signed. */
  tampered(): Promise<string>;
  /** Signs from now on with a new key, and publishes only that one. */
  rotate(algorithm?: string): Promise<void>;
  /** Names this as the address of its keys from now on. */
  publishAt(jwks_uri: string): void;
  /** Answers every request with this status from now on; `null` is as usual. */
  failWith(status: number | null): void;
  stop(): Promise<void>;
}

const AUDIENCE = 'annals';
const HOUR_S = 3_600;

/** @param now the clock that tokens are dated by */
export async function startTestIssuer(now: () => Date = () => new Date()): Promise<TestIssuer> {
  let keys = await keyPair('RS256');
  let key_requests = 0;
  let failure: number | null = null;
  let jwks_uri: string | null = null;

  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/jwks') key_requests++;
    if (failure !== null) response.writeHead(failure).end('{}');
    else if (request.url === '/jwks') response.end(JSON.stringify({ keys: [await publicJwk(keys)] }));
    else if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer, jwks_uri: jwks_uri ?? `${issuer}/jwks` }));
    } else response.writeHead(404).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function claimsOf(claims: Record<string, unknown>): JWTPayload {
    const now_s = Math.floor(now().getTime() / 1000);
    const sub = '788ff477-c029-4056-b12a-12b8a74f64dd';
    return { iss: issuer, aud: AUDIENCE, sub, iat: now_s, exp: now_s + HOUR_S, ...claims };
  }

  async function sign(
    pair: KeyPair,
    claims: Record<string, unknown>,
    header: Record<string, unknown> = {},
  ): Promise<string> {
    const protected_header = { alg: pair.algorithm, kid: pair.kid, typ: 'at+jwt', ...header };
    return new SignJWT(claimsOf(claims)).setProtectedHeader(protected_header).sign(pair.private_key);
  }

  const past_s = () => Math.floor(now().getTime() / 1000) - HOUR_S;

  return {
    issuer,
    settings: { issuer, audience: AUDIENCE, jwks_url: null, user_claim: 'sub' },
    workerSettings: { OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE, OIDC_CLIENT_ID: 'annals-web' },
    keyRequests: () => key_requests,
    token: (claims = {}, header = {}) => sign(keys, claims, header),
    wrongKey: async (claims = {}) => sign({ ...(await keyPair(keys.algorithm)), kid: keys.kid }, claims),
    expired: () => sign(keys, { iat: past_s() - HOUR_S, exp: past_s() }),
    wrongAudience: () => sign(keys, { aud: 'another-service' }),
    wrongIssuer: () => sign(keys, { iss: 'https://issuer.example' }),
    async unsigned() {
      return `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(claimsOf({}))}.`;
    },
    async hs256WithPublicKey() {
      const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: keys.kid })}.${encode(claimsOf({}))}`;
      const secret = await exportSPKI(keys.public_key);
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    },
    async tampered() {
      const [header, , signature] = (await sign(keys, {})).split('.');
      return `${header}.${encode(claimsOf({ sub: 'a58626f1-e158-4bc5-a050-e9dafb06c81c' }))}.${signature}`;
    },
    async rotate(algorithm = keys.algorithm) {
      keys = await keyPair(algorithm);
    },
    publishAt(url) {
      jwks_uri = url;
    },
    failWith(status) {
      failure = status;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function keyPair(algorithm: string): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { kid: crypto.randomUUID(), algorithm, private_key: privateKey, public_key: publicKey };
}

async function publicJwk(keys: KeyPair): Promise<JWK> {
  return { ...(await exportJWK(keys.public_key)), kid: keys.kid, alg: keys.algorithm, use: 'sig' };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
