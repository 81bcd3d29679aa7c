import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Row {
  payload: AdapterPayload;
  /** Milliseconds since the epoch; `null`: never. */
  expires_at: number | null;
}

/** Enough for a developer's machine; the oldest rows go first. */
const MAX_ROWS = 2_000;

/**
 * What the identity provider remembers (sessions, grants, refresh tokens), in one JSON file, so that people stay
 * signed in when the provider restarts. Written whole at each change: a developer signs in seldom.
 *
 * @returns what `oidc-provider` calls an adapter factory: one adapter a model, all over the same file
 */
export function identityStore(file: string): (model: string) => Adapter {
  const rows = readRows(file);

  function save(): void {
    const now = Date.now();
    for (const [key, row] of rows) if (row.expires_at !== null && row.expires_at <= now) rows.delete(key);
    for (const key of [...rows.keys()].slice(0, Math.max(0, rows.size - MAX_ROWS))) rows.delete(key);
    writeFileSync(`${file}.new`, JSON.stringify([...rows]), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  function live(key: string): AdapterPayload | undefined {
    const row = rows.get(key);
    return row === undefined || (row.expires_at !== null && row.expires_at <= Date.now()) ? undefined : row.payload;
  }

  return function adapter(model) {
    const key = (id: string): string => `${model}:${id}`;
    const findBy = async (name: 'uid' | 'userCode', value: string): Promise<AdapterPayload | undefined> => {
      for (const [row_key, row] of rows) {
        if (row_key.startsWith(`${model}:`) && row.payload[name] === value) return live(row_key);
      }
      return undefined;
    };
    return {
      async upsert(id, payload, expires_in_s) {
        rows.delete(key(id));
        rows.set(key(id), {
          payload,
          expires_at: expires_in_s === undefined ? null : Date.now() + expires_in_s * 1000,
        });
        save();
      },
      async find(id) {
        return live(key(id));
      },
      async findByUid(uid) {
        return findBy('uid', uid);
      },
      async findByUserCode(user_code) {
        return findBy('userCode', user_code);
      },
      async consume(id) {
        const payload = live(key(id));
        if (payload === undefined) return;
        payload.consumed = Math.floor(Date.now() / 1000);
        save();
      },
      async destroy(id) {
        if (rows.delete(key(id))) save();
      },
      async revokeByGrantId(grant_id) {
        for (const [row_key, row] of rows) if (row.payload.grantId === grant_id) rows.delete(row_key);
        save();
      },
    };
  };
}

/** A missing or broken file means that nobody is signed in, which is no reason to stop a developer. */
function readRows(file: string): Map<string, Row> {
  try {
    return new Map(JSON.parse(readFileSync(file, 'utf8')) as [string, Row][]);
  } catch {
    return new Map();
  }
}
