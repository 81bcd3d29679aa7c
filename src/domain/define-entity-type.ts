import type { Field } from './fields.ts';

export type Fields = Readonly<Record<string, Field>>;

/**
 * An entity type's place on the time axis: one field (or the first of several that is there), or an interval. Fields
 * are instants or dates.
 */
export type Axis = { at: string | readonly string[] } | { from: string; until: string };

export type EntityType<F extends Fields = Fields> = {
  /** snake_case, as in JSON, SQL and URLs. */
  name: string;
  axis?: Axis;
  /** False for a type whose entities belong to no user. */
  hasUser?: false;
  /** Whether the overview's timeline shows it. */
  timeline: boolean;
  /** A type whose running records are timers, of the entity in this field. */
  timer?: { parent: string };
  /** The fields that name a record to a person: the first that is there. */
  label: readonly string[];
  fields: F;
};

type Checked<F extends Fields> = {
  label: readonly (keyof F & string)[];
  timer?: { parent: keyof F & string };
};

/** One entity type, all in one place: see the files in `entity-types/`. */
export const defineEntityType = <const F extends Fields>(type: EntityType<F> & Checked<F>): EntityType<F> => type;
