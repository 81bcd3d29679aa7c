import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router';
import { type AnnalsApi, annalsApi } from './api.ts';
import { type AppData, openAppData, pastData } from './data/app-data.ts';
import { offlineApi, pastApi } from './data/offline-api.ts';
import { RecordStore } from './data/record-store.ts';
import type { RecordFilter } from './records/view/record-filter.ts';
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

/** The record, or the form of a new one, that lies over a screen. */
export interface SheetSearch {
  readonly record?: string;
  readonly add?: string;
  /** The record that the new one is about. */
  readonly parent?: string;
  /** The moment that the whole client shows; without one, now. */
  readonly at?: string | undefined;
}

export interface ListSearch {
  readonly q?: string | undefined;
  readonly where?: readonly RecordFilter[] | undefined;
  readonly sort?: string | undefined;
  readonly asc?: boolean | undefined;
}

export interface CalendarSearch {
  readonly type?: string | undefined;
  readonly year?: number | undefined;
  /** How many years, the asked one last. */
  readonly span?: 3 | 5 | undefined;
  /** Only records about this one. */
  readonly of?: string | undefined;
  readonly view?: 'events' | undefined;
}

export interface DashboardSearch {
  readonly type?: string | undefined;
  /** The first and the last day, `YYYY-MM-DD`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Beside the period before. */
  readonly compare?: true | undefined;
}

export interface HistorySearch {
  readonly type?: string | undefined;
  /** Up to today; without them, all time. */
  readonly days?: 1 | 7 | 30 | undefined;
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
  validateSearch: (search: Record<string, unknown>): SheetSearch => ({
    ...(isUuid(search.record) && { record: search.record }),
    ...(isTypeName(search.add) && { add: search.add }),
    ...(isUuid(search.parent) && { parent: search.parent }),
    ...(isInstant(search.at) && { at: search.at }),
  }),
  search: { middlewares: [retainSearchParams(['at'])] },
  async beforeLoad({ context, location, search }) {
    const profile = await context.session.profile();
    if (profile === null) throw redirect({ to: '/sign-in', search: { return_to: location.href } });
    const present = await appDataOf(context, profile.id);
    if (search.at === undefined)
      return { profile, data: present, api: offlineApi(context.api, present.store), moment: null };
    const past = pastOf(context, search.at);
    return { profile, data: pastData(present, past.store), api: past.api, moment: search.at };
  },
  component: AppShell,
});

const overviewRoute = createRoute({ getParentRoute: () => appRoute, path: '/', component: OverviewScreen });

const recordsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/records',
  component: lazyRouteComponent(() => import('./screens/records/records-screen.tsx'), 'RecordsScreen'),
});

const recordListRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/records/$type',
  validateSearch: (search: Record<string, unknown>): ListSearch => ({
    ...(typeof search.q === 'string' && { q: search.q }),
    ...(Array.isArray(search.where) && { where: search.where.filter(isFilter) }),
    ...(typeof search.sort === 'string' && { sort: search.sort }),
    ...(typeof search.asc === 'boolean' && { asc: search.asc }),
  }),
  component: lazyRouteComponent(() => import('./screens/records/record-list-screen.tsx'), 'RecordListScreen'),
});

const calendarRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/calendar',
  validateSearch: (search: Record<string, unknown>): CalendarSearch => ({
    ...(search.view === 'events' && { view: search.view }),
    ...(isUuid(search.of) && { of: search.of }),
    ...((search.span === 3 || search.span === 5) && { span: search.span }),
    ...(isTypeName(search.type) && { type: search.type }),
    ...(Number.isInteger(search.year) && isYear(Number(search.year)) && { year: Number(search.year) }),
  }),
  component: lazyRouteComponent(() => import('./screens/calendar/calendar-screen.tsx'), 'CalendarScreen'),
});

const dashboardsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/dashboards',
  validateSearch: (search: Record<string, unknown>): DashboardSearch => ({
    ...(isTypeName(search.type) && { type: search.type }),
    ...(isDay(search.from) && { from: search.from }),
    ...(isDay(search.to) && { to: search.to }),
    ...(search.compare === true && { compare: true as const }),
  }),
  component: lazyRouteComponent(() => import('./screens/dashboards/dashboards-screen.tsx'), 'DashboardsScreen'),
});

const operatorRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/operator',
  component: lazyRouteComponent(() => import('./screens/operator/operator-screen.tsx'), 'OperatorScreen'),
});

const historyRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/history',
  validateSearch: (search: Record<string, unknown>): HistorySearch => ({
    ...(isTypeName(search.type) && { type: search.type }),
    ...((search.days === 1 || search.days === 7 || search.days === 30) && { days: search.days }),
  }),
  component: lazyRouteComponent(() => import('./screens/history/history-screen.tsx'), 'HistoryScreen'),
});

const importsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/operator/imports',
  component: lazyRouteComponent(() => import('./screens/operator/imports-screen.tsx'), 'ImportsScreen'),
});

const importRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/operator/imports/$id',
  component: lazyRouteComponent(() => import('./screens/operator/import-screen.tsx'), 'ImportScreen'),
});

const settingsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('./screens/settings/settings-screen.tsx'), 'SettingsScreen'),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  signedInRoute,
  appRoute.addChildren([
    overviewRoute,
    recordsRoute,
    recordListRoute,
    calendarRoute,
    dashboardsRoute,
    settingsRoute,
    operatorRoute,
    historyRoute,
    importsRoute,
    importRoute,
  ]),
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

/** What the server computes from the records. */
const COMPUTED = [['overview'], ['heatmap'], ['dashboard'], ['history']] as const;

const data_by_user = new Map<string, Promise<AppData>>();

/** One for the life of the page: it holds what is known and what waits to be written. */
function appDataOf({ api, queries }: AppContext, user: string): Promise<AppData> {
  const known = data_by_user.get(user);
  if (known !== undefined) return known;
  const opened = openAppData(api, user, () => {
    for (const queryKey of COMPUTED) void queries.invalidateQueries({ queryKey });
  });
  data_by_user.set(user, opened);
  return opened;
}

interface Past {
  readonly moment: string;
  readonly api: AnnalsApi;
  readonly store: RecordStore;
}

/** The one that was looked at last: a past never changes, but many would fill the memory. */
let last_past: Past | null = null;

function pastOf({ session }: AppContext, moment: string): Past {
  if (last_past?.moment === moment) return last_past;
  const api = annalsApi(session, moment);
  const store = new RecordStore({ api, database: null });
  last_past = { moment, api: pastApi(api, store, moment), store };
  return last_past;
}

function isInstant(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value));
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}

function isDay(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value));
}

function isTypeName(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9_]*$/.test(value);
}

function isFilter(value: unknown): value is RecordFilter {
  if (typeof value !== 'object' || value === null || !('field' in value) || typeof value.field !== 'string')
    return false;
  const { is, min, max, has } = value as Record<string, unknown>;
  const is_text = (each: unknown): boolean => each === undefined || typeof each === 'string';
  return is_text(min) && is_text(max) && is_text(has) && (is === undefined || (Array.isArray(is) && is.every(is_text)));
}

function isYear(year: number): boolean {
  return year >= MIN_YEAR && year <= MAX_YEAR;
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
