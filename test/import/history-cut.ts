import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A shorter history: the beginning of the real node's, with a footer of its own. */
export interface HistoryCut {
  readonly lines: readonly string[];
  readonly rows: number;
  readonly entities: number;
  readonly text: string;
  readonly fingerprint: string;
  /** Writes it to a temporary file. */
  save(): Promise<string>;
}

const FIXTURE = new URL('../fixtures/xtdb1-history.edn.gz', import.meta.url);
let lines: string[] | undefined;

/** The header and rows of the first `entities` entities (evictions among them), in the file's order. */
export function cutHistory(entities: number): HistoryCut {
  lines ??= gunzipSync(readFileSync(FIXTURE)).toString('utf8').split('\n').slice(0, -1);
  const kept: string[] = [];
  let seen = 0;
  let rows = 0;
  let evicted = 0;
  let eid = '';
  for (const line of lines) {
    const named = /^\{:eid (.*?), :vt /s.exec(line)?.[1];
    if (named !== undefined && named !== eid) seen++;
    if (seen > entities) break;
    eid = named ?? eid;
    if (named !== undefined) rows++;
    else if (line.startsWith('{:evicted')) evicted++;
    kept.push(line);
  }
  kept.push(`{:annals/end true, :rows ${rows}, :entities ${entities}, :evicted ${evicted}}`);
  return historyOf(kept, rows, entities);
}

/** The same lines, changed. */
export function historyOf(kept: readonly string[], rows: number, entities: number): HistoryCut {
  const text = `${kept.join('\n')}\n`;
  return {
    lines: kept,
    rows,
    entities,
    text,
    fingerprint: createHash('sha256').update(text).digest('hex'),
    async save() {
      const path = join(tmpdir(), `annals-cut-${randomUUID()}.edn`);
      await writeFile(path, text);
      return path;
    },
  };
}
