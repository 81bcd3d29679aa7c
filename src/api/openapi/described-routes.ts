import type { DescribedRoute } from './described-route.ts';
import { IMPORT_ROUTES } from './import-routes.ts';
import { OPERATOR_ROUTES } from './operator-routes.ts';
import { USER_ROUTES } from './user-routes.ts';

/** Every route under /v1 of both Workers; a test compares the list with the routes that there are. docs/rest.md tells of /rest/v1. */
export const DESCRIBED_ROUTES: readonly DescribedRoute[] = [...USER_ROUTES, ...OPERATOR_ROUTES, ...IMPORT_ROUTES];
