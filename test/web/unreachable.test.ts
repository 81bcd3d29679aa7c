import { expect, it, vi } from 'vitest';
import type { Session } from '../../src/web/session.ts';

vi.stubGlobal('ENTITY_TYPES', []);
vi.stubGlobal('location', { origin: 'http://127.0.0.1:1' });
const { annalsApi } = await import('../../src/web/api.ts');
const { Unreachable } = await import('../../src/web/unreachable.ts');

const session: Session = {
  profile: async () => null,
  accessToken: async () => 'token',
  renewedToken: async () => 'token',
  signIn: async () => {},
  finishSignIn: async () => '/',
  signOut: async () => {},
};

it.each([
  ['whose time is up', new DOMException('The operation timed out.', 'TimeoutError')],
  ['that loses the network', new TypeError('network error')],
])('A write %s halfway through its answer has got none', async (_, failure) => {
  const start = (body: ReadableStreamDefaultController) => body.error(failure);
  vi.stubGlobal('fetch', async () => new Response(new ReadableStream({ start })));
  const written = annalsApi(session, null).transact('key', [], 'Edit');
  await expect(written).rejects.toThrow(Unreachable);
});
