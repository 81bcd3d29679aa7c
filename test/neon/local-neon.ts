import { inject } from 'vitest';
import { type NeonEndpoint, startNeonEndpoint } from '../../src/local/neon/endpoint.ts';
import type { NeonLimits } from '../../src/local/neon/limits.ts';
import { createDatabase, type TestDatabase } from '../database.ts';

export interface LocalNeon {
  endpoint: NeonEndpoint;
  database: TestDatabase;
  /** Connection string, as the driver wants it. */
  url: string;
  /** `POST /sql` with bare fetch; a body that is no string is sent as JSON. */
  post(body: unknown, headers?: Record<string, string>): Promise<SqlReply>;
  stop(): Promise<void>;
}

export interface SqlReply {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed text; tests say what they expect of it. */
  json: { [key: string]: unknown };
}

/** A fresh database with an endpoint of its own in front of the run's cluster. */
export async function startLocalNeon(limits?: Partial<NeonLimits>): Promise<LocalNeon> {
  const { host, port } = inject('postgres');
  const database = await createDatabase();
  const endpoint = await startNeonEndpoint({ postgres: { host, port }, ...(limits && { limits }) });
  const url = database.urlThrough(endpoint.port);
  return {
    endpoint,
    database,
    url,
    post: async (body, headers = {}) => {
      const response = await fetch(endpoint.sqlUrl, {
        method: 'POST',
        headers: { 'Neon-Connection-String': url, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
    },
    stop: async () => {
      await endpoint.stop();
      await database.drop();
    },
  };
}

/** The same connection string with other parts. */
export function withParts(url: string, parts: { user?: string; password?: string; database?: string }): string {
  const changed = new URL(url);
  if (parts.user !== undefined) changed.username = encodeURIComponent(parts.user);
  if (parts.password !== undefined) changed.password = encodeURIComponent(parts.password);
  if (parts.database !== undefined) changed.pathname = `/${encodeURIComponent(parts.database)}`;
  return changed.href;
}

export const RAW = { 'Neon-Raw-Text-Output': 'true' };
export const ARRAYS = { 'Neon-Array-Mode': 'true' };
