import { neon, neonConfig } from '@neondatabase/serverless';
import type { RecordedCall } from './record-calls.ts';

/** What the edge is measured against: the same SQL through the same driver, and nothing else. */
interface Bindings {
  readonly DATABASE_URL: string;
  /** By name; `subject` stands for the id that a request names. */
  readonly CALLS: Readonly<Record<string, RecordedCall>>;
  readonly SUBJECT: string;
}

neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`;

export default {
  /** `/NAME/ID` sends the recorded call of that name, about that entity. */
  async fetch(request: Request, { DATABASE_URL, CALLS, SUBJECT }: Bindings): Promise<Response> {
    const [, name = '', id = ''] = new URL(request.url).pathname.split('/');
    const call = CALLS[name];
    if (call === undefined) return new Response(null, { status: 404 });
    await request.text();
    const sql = neon(DATABASE_URL, { disableWarningInBrowsers: true });
    const queries = call.queries.map(({ query, params }) =>
      sql.query(
        query,
        params.map((param) => (typeof param === 'string' ? param.replaceAll(SUBJECT, id) : param)),
      ),
    );
    const [first] = queries;
    const rows = call.is_batch ? await sql.transaction(queries, { readOnly: true }) : await first;
    return Response.json(rows);
  },
};
