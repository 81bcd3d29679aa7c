import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The lines of a real XTDB 1 node's full history. A line ends in `\n` and in nothing else. */
export const historyLines = (): string[] =>
  gunzipSync(readFileSync(new URL('../fixtures/xtdb1-history.edn.gz', import.meta.url)))
    .toString('utf8')
    .split('\n')
    .slice(0, -1);

export type ExpectedAnswers = {
  rows: number;
  entities: number;
  evicted: number;
  tombstone_rows: number;
  /** `user` and `type` are as in the document: null where it says none. */
  by_user_type: { user: string | null; type: string | null; rows: number }[];
  /** What holds at valid time V as known at transaction time T; ids and documents as EDN. */
  as_of: { eid: string; V: string; T: string; doc: string | null }[];
};

/** What that node answered about it. */
export const expectedAnswers = (): ExpectedAnswers =>
  JSON.parse(readFileSync(new URL('../fixtures/xtdb1-history.expected.json', import.meta.url), 'utf8'));
