/** A unit of the cron's work: how it is run, how often at most, and what it is for. */
export interface Analytic {
  /** In SQL: a rollup R is a table R with R_next, R_definition and R_of; a view is a materialized view; others are functions. */
  readonly name: string;
  readonly kind: 'rollup' | 'materialized_view' | 'check' | 'housekeeping';
  /** Seconds that must lie between two runs; 0 is every tick with something to do. */
  readonly cadence_s: number;
  /** The question that it answers. */
  readonly serves: string;
}

export const defineAnalytic = (analytic: Analytic): Analytic => analytic;
