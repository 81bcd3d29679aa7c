import type pg from 'pg';
import { decodePlace } from '../../src/api/rest/list-cursor.ts';
import { readPreferences } from '../../src/api/rest/preferences.ts';
import { readSql, selectionOf } from '../../src/api/rest/read-sql.ts';
import { readQuery } from '../../src/api/rest/rest-query.ts';
import { rowsRange } from '../../src/api/rest/rows-range.ts';
import { entityType } from '../../src/domain/entity-type.ts';
import { type Moment, PRESENT } from '../../src/store/get-entity.ts';

export interface Explained {
  /** The plan's text. */
  readonly plan: string;
  /** Names of the indexes that it uses. */
  readonly indexes: readonly string[];
  /** Tables that it reads from end to end. */
  readonly scanned: readonly string[];
  /** Rows that its scans read from tables, and threw away: what the work grows with. */
  readonly touched: number;
  readonly rows: number;
  readonly ms: number;
  readonly planning_ms: number;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Relation Name'?: string;
  readonly Plans?: PlanNode[];
}

/** How Postgres runs the very statement that a request makes. @param app connected as annals_app */
export async function explainRequest(
  app: pg.Client,
  userId: string,
  path: string,
  moment: Moment = PRESENT,
): Promise<Explained> {
  const [name = '', search = ''] = path.split('?');
  const type = entityType(name);
  if (type === undefined) throw new Error(`no type ${name}`);
  const query = readQuery(search);
  const range = rowsRange(query.own.limit, query.own.offset, undefined);
  const place = query.cursor === null ? null : decodePlace(query.cursor);
  const { text, parameters } = readSql(
    selectionOf(type, query, userId, moment),
    range,
    readPreferences('').count,
    place,
  );
  await app.query('begin read only');
  try {
    await app.query("select set_config('annals.user_id', $1, true)", [userId]);
    const { rows } = await app.query(`explain (analyze, format json) ${text}`, [parameters]);
    const [explained] = rows[0]['QUERY PLAN'];
    // What Postgres planned for a case that did not come costs nothing.
    const nodes = flatten(explained.Plan).filter((node) => node['Actual Loops'] > 0);
    return {
      plan: JSON.stringify(explained.Plan, null, 1),
      indexes: nodes.flatMap((node) => node['Index Name'] ?? []),
      scanned: nodes.flatMap((node) => (node['Node Type'] === 'Seq Scan' ? (node['Relation Name'] ?? []) : [])),
      touched: nodes
        .filter((node) => node['Relation Name'] !== undefined && node['Node Type'] !== 'Bitmap Index Scan')
        .reduce(
          (sum, node) => sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
          0,
        ),
      rows: explained.Plan['Actual Rows'],
      ms: explained['Execution Time'],
      planning_ms: explained['Planning Time'],
    };
  } finally {
    await app.query('rollback');
  }
}

const flatten = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)];
