import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import { authenticate, requireScope } from '../api/authenticate.ts';
import { decodeCursor } from '../api/cursor.ts';
import { path, query } from '../api/query.ts';
import { refuseRoute } from '../api/refuse-route.ts';
import { renderFailure } from '../api/render-failure.ts';
import { telemetry } from '../api/telemetry.ts';
import { actOnImport } from './act-on-import.ts';
import { applyChunk } from './apply-chunk.ts';
import { checkChunk } from './check-chunk.ts';
import { decodeChunk } from './decode-chunk.ts';
import { digestStored } from './digest-stored.ts';
import type { ImportEnv } from './env.ts';
import { finishImport } from './finish-import.ts';
import { importReport } from './import-report.ts';
import { importStatus } from './import-status.ts';
import { listImports } from './list-imports.ts';
import { listRejects } from './list-rejects.ts';
import { mendReject } from './mend-reject.ts';
import { openImport } from './open-import.ts';
import { readChunkBody } from './read-chunk-body.ts';
import { readJsonBody } from './read-json-body.ts';
import {
  chunkQuery,
  digestPlace,
  digestsQuery,
  dryRunQuery,
  importFinish,
  importOpening,
  importPath,
  importPause,
  mendPath,
  rejectsQuery,
} from './request-shapes.ts';

/** The import routes. Each asks for a token with the scope `operator` and makes one request to the database; a dry run makes none. */
const app = new Hono<ImportEnv>()
  .use(requestId())
  .use('/v1/*', authenticate(), requireScope('operator'))
  .use('/v1/*', telemetry())
  .post('/v1/imports', async (c) => {
    const opening = await readJsonBody(c.req.raw, importOpening);
    const { created, ...status } = await openImport(c.var.database, opening, c.var.caller.user_id);
    return c.json(status, created ? 201 : 200);
  })
  .get('/v1/imports', async (c) => c.json({ imports: await listImports(c.var.database) }))
  .get('/v1/imports/:id', path(importPath), async (c) =>
    c.json(await importStatus(c.var.database, c.req.valid('param').id)),
  )
  .get('/v1/imports/:id/report', path(importPath), async (c) =>
    c.json(await importReport(c.var.database, c.req.valid('param').id)),
  )
  .get('/v1/imports/:id/rejects', path(importPath), query(rejectsQuery), async (c) =>
    c.json(await listRejects(c.var.database, c.req.valid('param').id, c.req.valid('query'))),
  )
  .post('/v1/imports/:id/chunks', path(importPath), query(chunkQuery), async (c) => {
    const { first_line, fingerprint } = c.req.valid('query');
    const chunk = decodeChunk(await readChunkBody(c.req.raw), first_line);
    return c.json(await applyChunk(c.var.database, c.req.valid('param').id, fingerprint, chunk));
  })
  .post('/v1/imports/:id/pause', path(importPath), async (c) => {
    const { reason } = await readJsonBody(c.req.raw, importPause);
    return c.json(await actOnImport(c.var.database, c.req.valid('param').id, 'pause', reason));
  })
  .post('/v1/imports/:id/resume', path(importPath), async (c) =>
    c.json(await actOnImport(c.var.database, c.req.valid('param').id, 'resume', null)),
  )
  .post('/v1/imports/:id/cancel', path(importPath), async (c) =>
    c.json(await actOnImport(c.var.database, c.req.valid('param').id, 'cancel', null)),
  )
  .post('/v1/imports/:id/finish', path(importPath), async (c) => {
    // Without a body it is an ordinary end.
    const hasBody = c.req.raw.headers.has('content-type');
    const { force } = hasBody ? await readJsonBody(c.req.raw, importFinish) : { force: null };
    const forced = force === null ? null : { by: c.var.caller.user_id, reason: force };
    return c.json(await finishImport(c.var.database, c.req.valid('param').id, forced));
  })
  .put('/v1/imports/:id/rejects/:line', path(mendPath), async (c) => {
    const { id, line } = c.req.valid('param');
    return c.json(await mendReject(c.var.database, id, line, await readChunkBody(c.req.raw)));
  })
  .get('/v1/verify/digests', query(digestsQuery), async (c) => {
    const { after } = c.req.valid('query');
    return c.json(await digestStored(c.var.database, after === undefined ? null : decodeCursor(after, digestPlace)));
  })
  .post('/v1/dry-run/chunks', query(dryRunQuery), async (c) =>
    c.json(checkChunk(decodeChunk(await readChunkBody(c.req.raw), c.req.valid('query').first_line))),
  );

app.notFound((c) => refuseRoute(c, app.routes, 'docs/import.md lists them.'));
app.onError((error, c) => renderFailure(error, c));

export { app };
