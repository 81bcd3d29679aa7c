import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

export interface IdentitySecrets {
  /** Private signing keys; the provider publishes their public halves. */
  readonly signing_keys: JWK[];
  /** What the provider signs its cookies with. */
  readonly cookie_keys: string[];
  /** The secret of the client `annals-operator`. */
  readonly operator_secret: string;
}

/**
 * The provider's secrets, made at the first start and kept in `data_dir`, so that tokens survive restarts.
 *
 * @throws SyntaxError when the file is damaged: delete it and sign in again
 */
export async function identitySecrets(data_dir: string): Promise<IdentitySecrets> {
  mkdirSync(data_dir, { recursive: true });
  const file = join(data_dir, 'identity-secrets.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as IdentitySecrets;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const secrets: IdentitySecrets = {
    signing_keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: randomBytes(8).toString('hex') }],
    cookie_keys: [randomBytes(32).toString('base64url')],
    operator_secret: randomBytes(32).toString('base64url'),
  };
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}
