import type { EntityType } from '../../domain/define-entity-type.ts';
import type { Filter } from './parse-filter.ts';
import type { Embed } from './parse-select.ts';
import { type Relationship, relationshipOf } from './relationship.ts';
import { RestProblem } from './rest-problem.ts';
import type { RestQuery, Scope } from './rest-query.ts';

/** An embedded relation with what is asked of it. */
export interface PlannedEmbed {
  readonly embed: Embed;
  readonly relationship: Relationship;
  readonly scope: Scope;
  /** `embed_1`: what its rows are called in SQL. */
  readonly row: string;
  /** From `relation=is.null` and `relation=not.is.null`: whether the parent must have one. */
  readonly mustExist: boolean | null;
}

const EMPTY_SCOPE: Scope = { filters: [], order: null, limit: null, offset: null };

/**
 * The embedded relations of a request, and the filters that are left for the list itself.
 * @throws RestProblem PGRST108 when something is asked of a relation that is not embedded
 */
export function planEmbeds(query: RestQuery, type: EntityType): { embeds: PlannedEmbed[]; filters: Filter[] } {
  const wanted = query.select.filter((item): item is Embed => item.kind === 'embed');
  const names = new Set(wanted.flatMap(({ alias, target }) => [alias, target]));
  for (const name of query.embedded.keys()) {
    if (names.has(name)) continue;
    throw new RestProblem(400, 'PGRST108', `'${name}' is not an embedded resource in this request`, {
      hint: `Verify that '${name}' is included in the 'select' query parameter.`,
    });
  }
  const existence = new Map<string, boolean>();
  const filters = query.own.filters.filter((filter) => {
    if (filter.kind !== 'test' || filter.operator !== 'is' || filter.field.path.length > 0) return true;
    if (!wanted.some(({ alias }) => alias === filter.field.name) || filter.operand !== 'null') return true;
    existence.set(filter.field.name, filter.isNegated);
    return false;
  });
  const embeds = wanted.map((embed, index) => ({
    embed,
    relationship: relationshipOf(type, embed),
    scope: query.embedded.get(embed.alias) ?? query.embedded.get(embed.target) ?? EMPTY_SCOPE,
    row: `embed_${index + 1}`,
    mustExist: embed.isInner ? true : (existence.get(embed.alias) ?? null),
  }));
  return { embeds, filters };
}
