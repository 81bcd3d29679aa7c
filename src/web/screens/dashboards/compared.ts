import type { Dashboard } from '../../api.ts';
import type { Period } from './periods.ts';

/** What the charts of a dashboard are made of. */
export interface Compared {
  readonly type: string;
  readonly period: Period;
  /** The local day. */
  readonly today: string;
  readonly now: Dashboard;
  /** The period before, when a person wants to see it beside this one. */
  readonly before: { readonly period: Period; readonly data: Dashboard } | null;
}
