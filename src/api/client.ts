import { hc } from 'hono/client';
import type { Api } from './app.ts';

/**
 * The API as typed calls, for programs in TypeScript.
 * @param url where it is served, without a slash at its end
 * @param token an access token, asked for before each request
 * @example await apiClient(url, token).v1.overview.$get({ query: {} }) // a Response whose json() is the overview
 */
export const apiClient = (url: string, token: () => Promise<string>) =>
  hc<Api>(url, { headers: async () => ({ Authorization: `Bearer ${await token()}` }) });
