import type { Entity } from '../api.ts';
import { inWords } from './field-name.ts';
import { typeAppearance } from './type-appearance.ts';
import { typeFacts } from './type-facts.ts';

/** Fields of free text that tell what a record without a label or related records is, first one wins. */
const TELLING_TEXTS = ['summary', 'title', 'notes', 'gym'] as const;
const MAX_TITLE_CHARS = 120;

/** What a record is called in a list: its label, what it is about, its kind, what it says, or its type's name. */
export function recordTitle(entity: Entity): string {
  if (entity.label !== null && entity.label !== '')
    return isKeywordLabel(entity) ? inWords(entity.label) : entity.label;
  const about = relatedLabels(entity, (type) => type !== 'location');
  if (about.length > 0) return about.join(', ');
  if (typeof entity.type === 'string' && entity.type !== '') return inWords(entity.type);
  for (const field of TELLING_TEXTS) {
    const value = entity[field];
    if (typeof value === 'string' && value.trim() !== '') return value.trim().slice(0, MAX_TITLE_CHARS);
  }
  return typeAppearance(entity.entity_type).one;
}

/** What else there is to say in a line: the type, the place, the notes; nothing that the title says already. */
export function recordDetails(entity: Entity): string[] {
  const title = recordTitle(entity);
  const notes = typeof entity.notes === 'string' ? entity.notes.trim() : '';
  const all = [typeAppearance(entity.entity_type).one, ...relatedLabels(entity, () => true), notes];
  return all.filter((text) => text !== '' && !title.includes(text));
}

function relatedLabels(entity: Entity, wanted: (entity_type: string) => boolean): string[] {
  return entity.related.flatMap(({ entity_type, label }) =>
    wanted(entity_type) && label !== null && label !== '' ? [label] : [],
  );
}

/** Whether a type's records are called by one of a few keywords, as a symptom by its kind. */
function isKeywordLabel({ entity_type }: Entity): boolean {
  const { label, fields } = typeFacts(entity_type);
  return fields.some(({ name, kind }) => name === label[0] && kind === 'keyword');
}
