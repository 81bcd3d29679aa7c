import type { EntityType } from '../../domain/define-entity-type.ts';
import { entityType } from '../../domain/entity-type.ts';
import { entityTypes } from '../../domain/entity-types.generated.ts';
import type { Embed } from './parse-select.ts';
import { RestProblem } from './rest-problem.ts';

/** How one type's records lead to another's. */
export interface Relationship {
  readonly type: EntityType;
  /** The field that holds the ids. */
  readonly field: string;
  /** `forward`: the field is the parent's; `reverse`: the embedded type's. */
  readonly direction: 'forward' | 'reverse';
  /** Whether the field holds a set. */
  readonly isSet: boolean;
}

/**
 * The relationship that an embedding names: by the field of a relation, by the target's name, or, the other way round, by
 * the name of a type that has a relation to this one; `!field` says which where there are several.
 * @throws RestProblem PGRST200 when there is none, PGRST201 when there are several
 */
export function relationshipOf(type: EntityType, { target, hint }: Embed): Relationship {
  const candidates = [...forward(type, target), ...reverse(type, target)].filter(
    ({ field }) => hint === null || hint === field,
  );
  const [first] = candidates;
  if (first === undefined) {
    throw new RestProblem(
      400,
      'PGRST200',
      `Could not find a relationship between '${type.name}' and '${target}' in the schema cache`,
      {
        details: `Searched for a relation between '${type.name}' and '${target}'${hint === null ? '' : ` by the field '${hint}'`}, but no matches were found.`,
      },
    );
  }
  if (candidates.length > 1) {
    throw new RestProblem(
      300,
      'PGRST201',
      `Could not embed because more than one relationship was found for '${type.name}' and '${target}'`,
      {
        details: candidates.map(({ field, direction }) => `${direction} by ${field}`).join('; '),
        hint: `Try changing '${target}' to one of the following: ${candidates.map(({ field }) => `'${target}!${field}'`).join(', ')}.`,
      },
    );
  }
  return first;
}

const relationsOf = (type: EntityType): { field: string; target: string; isSet: boolean }[] =>
  Object.entries(type.fields).flatMap(([field, { facts }]) =>
    facts.target === undefined ? [] : [{ field, target: facts.target, isSet: facts.kind === 'refs' }],
  );

/** The fields by which a type's records have parents. */
export const relationFields = (type: EntityType): string[] => relationsOf(type).map(({ field }) => field);

/** The types that a type's records have as parents. */
export const parentTypes = (type: EntityType): string[] => [...new Set(relationsOf(type).map(({ target }) => target))];

function forward(type: EntityType, name: string): Relationship[] {
  return relationsOf(type).flatMap(({ field, target, isSet }) => {
    const found = field === name || target === name ? entityType(target) : undefined;
    return found === undefined ? [] : [{ type: found, field, direction: 'forward', isSet }];
  });
}

function reverse(type: EntityType, name: string): Relationship[] {
  const other = Object.values<EntityType>(entityTypes).find((candidate) => candidate.name === name);
  if (other === undefined) return [];
  return relationsOf(other).flatMap(({ field, target, isSet }) =>
    target === type.name ? [{ type: other, field, direction: 'reverse', isSet }] : [],
  );
}
