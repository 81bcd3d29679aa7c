import { Client as NeonClient, neon, neonConfig } from '@neondatabase/serverless';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type LocalNeon, startLocalNeon } from './local-neon.ts';
import { SAMPLE_QUERIES, SAMPLE_SCHEMA } from './sample-queries.ts';

interface Comparable {
  fields: { name: string; dataTypeID: number; dataTypeSize: number; dataTypeModifier: number }[];
  rows: unknown[];
  command: string | null;
  rowCount: number | null;
}

const ERROR_FIELDS = [
  'message',
  'severity',
  'code',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'where',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'file',
  'line',
  'routine',
] as const;

describe('the driver over HTTP, over WebSocket, and pg over TCP', () => {
  let local: LocalNeon;
  let overTcp: pg.Client;
  let overWebSocket: NeonClient;
  beforeAll(async () => {
    local = await startLocalNeon();
    neonConfig.fetchEndpoint = local.endpoint.sqlUrl;
    neonConfig.wsProxy = local.endpoint.wsProxy;
    neonConfig.useSecureWebSocket = false;
    neonConfig.webSocketConstructor = WebSocket;
    for (const query of SAMPLE_SCHEMA) await local.post({ query });
    overTcp = new pg.Client(local.database.url);
    overWebSocket = new NeonClient(local.url);
    await Promise.all([overTcp.connect(), overWebSocket.connect()]);
  });
  afterAll(async () => {
    await Promise.all([overTcp.end(), overWebSocket.end()]);
    await local.stop();
  });

  const outcome = async (result: Promise<Comparable>) => {
    try {
      const { fields, rows, command, rowCount } = await result;
      return {
        fields: fields.map(({ name, dataTypeID, dataTypeSize, dataTypeModifier }) => [
          name,
          dataTypeID,
          dataTypeSize,
          dataTypeModifier,
        ]),
        rows: rows.map((row) => JSON.stringify(row, replaceUnspeakable)),
        command: command ?? '',
        rowCount,
      };
    } catch (error) {
      return Object.fromEntries(ERROR_FIELDS.map((name) => [name, Reflect.get(Object(error), name)]));
    }
  };

  it.each(SAMPLE_QUERIES)('agree on %j with %j', async (text, values) => {
    const sql = neon(local.url, { fullResults: true });
    const tcp = await outcome(overTcp.query(text, values));
    expect(await outcome(sql.query(text, values))).toEqual(tcp);
    expect(await outcome(overWebSocket.query(text, values))).toEqual(tcp);
    // A batch of one differs only in that it is a transaction.
    const inBatch = outcome(sql.transaction([sql.query(text, values)]).then(([result]) => result as Comparable));
    expect(await inBatch).toEqual(tcp);
  });
});

function replaceUnspeakable(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
