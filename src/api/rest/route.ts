import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
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

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** PostgREST's dialect: `/rest/v1/ENTITY_TYPE`. docs/rest.md says what of it there is, and what there is beyond it. */
export const restRoute = new Hono<ApiEnv>()
  .use('/rest/v1/*', authenticate())
  .use(
    '/rest/v1/*',
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new RestProblem(413, 'PGRST102', `The body is over ${MAX_BODY_BYTES} bytes`, {
          hint: 'Send several smaller requests.',
        });
      },
    }),
  )
  .use('/rest/v1/*', withDatabase())
  .use('/rest/v1/*', telemetry())
  .get('/rest/v1/:entity_type', (c) => readRecords(c, typeOf(c.req.param('entity_type'))))
  .post('/rest/v1/:entity_type', (c) => writeRecords(c, typeOf(c.req.param('entity_type')), 'insert'))
  .patch('/rest/v1/:entity_type', (c) => writeRecords(c, typeOf(c.req.param('entity_type')), 'update'))
  .delete('/rest/v1/:entity_type', (c) => writeRecords(c, typeOf(c.req.param('entity_type')), 'delete'))
  .all('/rest/v1/:entity_type', (c) => {
    throw new RestProblem(405, 'PGRST117', `Unsupported HTTP method: ${c.req.method}`);
  });

restRoute.onError((error, c) => {
  if (!(error instanceof RestProblem)) return renderFailure(error, c);
  const { code, message, details, hint } = error;
  return c.json({ code, message, details, hint }, error.status);
});

function typeOf(name: string): EntityType {
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
