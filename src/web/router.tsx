import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import type { AnnalsApi } from './api.ts';
import { OverviewScreen } from './screens/overview/overview-screen.tsx';
import { SignInFailedScreen } from './screens/sign-in/sign-in-failed-screen.tsx';
import { SignInScreen } from './screens/sign-in/sign-in-screen.tsx';
import type { Session } from './session.ts';
import { AppShell } from './shell/app-shell.tsx';
import { NotFoundScreen } from './shell/not-found-screen.tsx';
import { ScreenFailure } from './shell/screen-failure.tsx';

export interface AppContext {
  readonly api: AnnalsApi;
  readonly session: Session;
  readonly queries: QueryClient;
}

const MIN_YEAR = 1900;
const MAX_YEAR = 2200;

const rootRoute = createRootRouteWithContext<AppContext>()({ component: Outlet, notFoundComponent: NotFoundScreen });

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { return_to?: string } =>
    typeof search.return_to === 'string' ? { return_to: search.return_to } : {},
  component: SignInScreen,
});

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/signed-in',
  async beforeLoad({ context }) {
    throw redirect({ href: await context.session.finishSignIn(), replace: true });
  },
  errorComponent: SignInFailedScreen,
});

/** Everything that needs a user: with none, the way leads to sign-in and back again. */
const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'app',
  async beforeLoad({ context, location }) {
    const profile = await context.session.profile();
    if (profile === null) throw redirect({ to: '/sign-in', search: { return_to: location.href } });
    return { profile };
  },
  component: AppShell,
});

const overviewRoute = createRoute({ getParentRoute: () => appRoute, path: '/', component: OverviewScreen });

const calendarRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/calendar',
  validateSearch: (search: Record<string, unknown>): { type?: string; year?: number } => ({
    ...(typeof search.type === 'string' && /^[a-z][a-z0-9_]*$/.test(search.type) && { type: search.type }),
    ...(Number.isInteger(search.year) && isYear(Number(search.year)) && { year: Number(search.year) }),
  }),
  component: lazyRouteComponent(() => import('./screens/calendar/calendar-screen.tsx'), 'CalendarScreen'),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  signedInRoute,
  appRoute.addChildren([overviewRoute, calendarRoute]),
]);

export function createAppRouter(context: AppContext) {
  return createRouter({
    routeTree,
    context,
    defaultPreload: 'intent',
    defaultErrorComponent: ScreenFailure,
    scrollRestoration: true,
  });
}

function isYear(year: number): boolean {
  return year >= MIN_YEAR && year <= MAX_YEAR;
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
