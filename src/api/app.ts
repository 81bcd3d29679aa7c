import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { requestId } from 'hono/request-id';
import { Failure } from '../store/failure.ts';
import { authenticate } from './authenticate.ts';
import type { ApiEnv } from './env.ts';
import { renderFailure } from './render-failure.ts';
import { restRoute } from './rest/route.ts';
import { dashboardRoute } from './routes/dashboard.ts';
import { entityRoutes } from './routes/entities.ts';
import { heatmapRoute } from './routes/heatmap.ts';
import { opsRoutes } from './routes/ops.ts';
import { overviewRoute } from './routes/overview.ts';
import { transactionsRoute } from './routes/transactions.ts';
import { securityHeaders } from './security-headers.ts';
import { servePage } from './serve-page.ts';
import { telemetry } from './telemetry.ts';

/** A transaction of a thousand ordinary records is about 1 MB; Neon itself takes 10 MiB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The API: request id, headers, then for everything under /v1 who asks and the road to the database, then the route. */
const app = new Hono<ApiEnv>()
  .use(requestId())
  .use(servePage())
  .use(securityHeaders())
  .get('/config', (c) =>
    c.json({
      issuer: c.env.OIDC_ISSUER,
      client_id: c.env.OIDC_CLIENT_ID,
      audience: c.env.OIDC_AUDIENCE,
      scope: 'openid email profile offline_access',
    }),
  )
  .use('/v1/*', authenticate())
  .use(
    '/v1/*',
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new Failure('AN413', `The body is over ${MAX_BODY_BYTES} bytes.`, {
          hint: 'Send several smaller transactions.',
        });
      },
    }),
  )
  .use('/v1/*', telemetry())
  .route('/', overviewRoute)
  .route('/', entityRoutes)
  .route('/', transactionsRoute)
  .route('/', heatmapRoute)
  .route('/', dashboardRoute)
  .route('/', opsRoutes)
  .route('/', restRoute);

app.notFound((c) =>
  renderFailure(new Failure('AN404', 'There is no such route.', { hint: 'The README lists them.' }), c),
);
app.onError((error, c) => renderFailure(error, c));

export { app };
/** The routes' types, from which the web client's typed calls are made. */
export type Api = typeof app;
