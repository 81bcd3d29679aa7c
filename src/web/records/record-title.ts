import type { Entity } from '../api.ts';
import { typeAppearance } from './type-appearance.ts';

/** The fields that best tell what a record without a label or related records is, first one wins. */
const TELLING_FIELDS = ['notes', 'summary', 'title', 'gym', 'type'] as const;
const MAX_TITLE_CHARS = 120;

/** What a record is called in a list: its label, what it relates to, what it says, or its type's name. */
export function recordTitle(entity: Entity): string {
  const related = entity.related.map((each) => each.label).filter((label) => label !== null);
  if (entity.label !== null && entity.label !== '') return entity.label;
  if (related.length > 0) return related.join(', ');
  for (const field of TELLING_FIELDS) {
    const value = entity[field];
    if (typeof value === 'string' && value.trim() !== '') return value.trim().slice(0, MAX_TITLE_CHARS);
  }
  return typeAppearance(entity.entity_type).one;
}
