import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import { allowedMethods } from './allowed-methods.ts';
import { authenticate } from './authenticate.ts';
import { crossOrigin } from './cross-origin.ts';
import type { ApiEnv } from './env.ts';
import { forwardImports } from './forward-imports.ts';
import { refuseRoute } from './refuse-route.ts';
import { renderFailure } from './render-failure.ts';
import { restRoute } from './rest/route.ts';
import { changesRoute } from './routes/changes.ts';
import { dashboardRoute } from './routes/dashboard.ts';
import { docsRoute } from './routes/docs.ts';
import { entitiesRoute } from './routes/entities.ts';
import { entityRoutes } from './routes/entity.ts';
import { exportRoute } from './routes/export.ts';
import { heatmapRoute } from './routes/heatmap.ts';
import { historyRoutes } from './routes/history.ts';
import { opsRoutes } from './routes/ops.ts';
import { overviewRoute } from './routes/overview.ts';
import { schemasRoutes } from './routes/schemas.ts';
import { transactionsRoutes } from './routes/transactions.ts';
import { securityHeaders } from './security-headers.ts';
import { servePage } from './serve-page.ts';
import { serverTiming, withDatabase } from './server-timing.ts';
import { telemetry } from './telemetry.ts';

/** The API: request id, headers, then for everything under /v1 who asks and the road to the database, then the route. */
const app = new Hono<ApiEnv>()
  .use(requestId())
  .use(serverTiming())
  .get('*', servePage())
  .route('/', docsRoute)
  .use(securityHeaders())
  .use('/v1/*', crossOrigin())
  .use('/rest/v1/*', crossOrigin())
  .options('*', async function options(c, next) {
    const allowed = allowedMethods(app.routes, c.req.path);
    return allowed.length === 0 ? next() : c.body(null, 204, { Allow: allowed.join(', ') });
  })
  .get('/config', (c) =>
    c.json({
      issuer: c.env.OIDC_ISSUER,
      client_id: c.env.OIDC_CLIENT_ID,
      audience: c.env.OIDC_AUDIENCE,
      scope: c.env.OIDC_SCOPE ?? 'openid email profile offline_access',
    }),
  )
  .route('/', schemasRoutes)
  .all('/v1/imports/*', forwardImports())
  .all('/v1/verify/*', forwardImports())
  .use('/v1/*', authenticate())
  .use('/v1/*', withDatabase())
  .use('/v1/*', telemetry())
  .route('/', overviewRoute)
  .route('/', entitiesRoute)
  .route('/', historyRoutes)
  .route('/', entityRoutes)
  .route('/', transactionsRoutes)
  .route('/', changesRoute)
  .route('/', exportRoute)
  .route('/', heatmapRoute)
  .route('/', dashboardRoute)
  .route('/', opsRoutes)
  .route('/', restRoute);

app.notFound((c) => refuseRoute(c, app.routes, '/docs lists them.'));
app.onError((error, c) => renderFailure(error, c));

export { app };
/** The routes' types, from which the web client's typed calls are made. */
export type Api = typeof app;
