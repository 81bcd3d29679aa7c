import { type Context, Hono } from 'hono';
import type { EntityType } from '../../domain/define-entity-type.ts';
import { entityType } from '../../domain/entity-type.ts';
import { entityTypes } from '../../domain/entity-types.generated.ts';
import { authenticate } from '../authenticate.ts';
import type { ApiEnv } from '../env.ts';
import { renderFailure } from '../render-failure.ts';
import { withDatabase } from '../server-timing.ts';
import { telemetry } from '../telemetry.ts';
import { readRecords } from './read-route.ts';
import { RestProblem } from './rest-problem.ts';
import { writeRecords } from './write-route.ts';

/** PostgREST's dialect: `/rest/v1/ENTITY_TYPE`. docs/rest.md says what of it there is, and what there is beyond it. */
export const restRoute = new Hono<ApiEnv>()
  .use('/rest/v1/*', authenticate())
  .use('/rest/v1/*', withDatabase())
  .use('/rest/v1/*', telemetry())
  .get('/rest/v1/:entity_type', (c) => readRecords(c, typeOf(c, c.req.param('entity_type'))))
  .post('/rest/v1/:entity_type', (c) => writeRecords(c, typeOf(c, c.req.param('entity_type')), 'insert'))
  .patch('/rest/v1/:entity_type', (c) => writeRecords(c, typeOf(c, c.req.param('entity_type')), 'update'))
  .delete('/rest/v1/:entity_type', (c) => writeRecords(c, typeOf(c, c.req.param('entity_type')), 'delete'))
  .all('/rest/v1/:entity_type', (c) => {
    c.header('Allow', 'DELETE, GET, HEAD, OPTIONS, PATCH, POST');
    throw new RestProblem(405, 'PGRST117', `Unsupported HTTP method: ${c.req.method}`);
  })
  .all('/rest/v1/rpc/:name', (c) => {
    const name = c.req.param('name').slice(0, 100);
    throw new RestProblem(404, 'PGRST202', `Could not find the function public.${name} in the schema cache`, {
      hint: 'There are no functions: /docs lists what there is beside lists and writes.',
    });
  })
  .all('/rest/v1/*', () => {
    throw new RestProblem(404, 'PGRST125', 'Invalid path specified in request URL', {
      hint: 'Lists and writes are at /rest/v1/ENTITY_TYPE; /docs tells of the other routes.',
    });
  });

restRoute.onError((error, c) => {
  if (!(error instanceof RestProblem)) return renderFailure(error, c);
  const { code, message, details, hint } = error;
  return c.json({ code, message, details, hint }, error.status);
});

/** The entity type that a request names, as a table of the schema `public`. */
function typeOf(c: Context<ApiEnv>, name: string): EntityType {
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
  const schema = c.req.header(isRead ? 'accept-profile' : 'content-profile') ?? 'public';
  if (schema !== 'public') {
    throw new RestProblem(406, 'PGRST106', `Invalid schema: ${schema.slice(0, 100)}`, {
      hint: 'Only the following schemas are exposed: public',
    });
  }
  const type = entityType(name);
  if (type !== undefined) return type;
  throw new RestProblem(
    404,
    'PGRST205',
    `Could not find the table 'public.${name.slice(0, 100)}' in the schema cache`,
    {
      hint: `The entity types are ${Object.keys(entityTypes).sort().join(', ')}.`,
    },
  );
}
