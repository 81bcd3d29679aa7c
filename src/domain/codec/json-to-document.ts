import { readEdn } from '../edn/read.ts';
import { EdnMap, type EdnValue, Keyword, Tagged } from '../edn/value.ts';
import { entityType, xtdbTypeName } from '../entity-type.ts';
import { isJsonObject } from '../json/json-value.ts';
import { parseJson } from '../json/parse-json.ts';
import { attributeTable, TYPE_ATTRIBUTE, unknownAttribute, unknownKind } from './attributes.ts';
import type { Hint, Hints } from './hint.ts';
import { HintMismatchError, JsonReader } from './json-to-value.ts';
import { unescapeExact } from './jsonb-text.ts';
import { parseHints } from './parse-hints.ts';
import { pointerStep } from './pointer.ts';
import type { StoredEvent } from './stored-event.ts';

const idIn = (hint: Hint, pointer: string): EdnValue => {
  const read = readEdn(unescapeExact(typeof hint === 'string' ? '' : hint[1]));
  if (!read.ok) throw new HintMismatchError(pointer, 'id');
  return read.value;
};

const typeKeyword = (name: string): Keyword => {
  const type = entityType(name);
  if (type !== undefined) return new Keyword(xtdbTypeName(type));
  return new Keyword(name.startsWith(':') ? name.slice(1) : name);
};

/** The id that an event's entity had in XTDB. */
export const originalId = (entityId: string, hints: Hints | null): EdnValue => {
  const hint = hints?.get('/id');
  return hint === undefined ? new Tagged('uuid', entityId) : idIn(hint, '/id');
};

/** Collects the attributes of one document. */
class DocumentReader {
  readonly keys: EdnValue[] = [];
  readonly values: EdnValue[] = [];
  add(attribute: string, value: EdnValue): void {
    this.keys.push(new Keyword(attribute));
    this.values.push(value);
  }
}

const envelope = (event: StoredEvent, hints: Hints | null, out: DocumentReader): void => {
  if (event.entity_type !== null && !hints?.has('/entity_type')) {
    out.add(TYPE_ATTRIBUTE, typeKeyword(event.entity_type));
  }
  const isOwnUser = event.entity_type === 'user' && event.user_id === event.entity_id && !hints?.has('/user_id');
  if (event.user_id !== null && !isOwnUser) out.add('user/id', new Tagged('uuid', event.user_id));
};

const ownId = (event: StoredEvent, hints: Hints | null, out: DocumentReader): void => {
  const hint = hints?.get('/id');
  if (Array.isArray(hint) && hint[0] === 'id-unsaid') return;
  const own = hints?.get('/xt~1id');
  out.add('xt/id', own === undefined ? originalId(event.entity_id, hints) : idIn(own, '/xt~1id'));
};

/** The XTDB document of an event that is no delete. */
export const jsonToDocument = (event: StoredEvent & { doc: string }): EdnMap => {
  const hints = parseHints(event.hints);
  const json = parseJson(event.doc);
  if (!isJsonObject(json)) throw new HintMismatchError('', 'of an object');
  const table = attributeTable(event.entity_type === null ? undefined : entityType(event.entity_type));
  const reader = new JsonReader(hints);
  const out = new DocumentReader();
  envelope(event, hints, out);
  for (const [name, value] of Object.entries(json)) {
    const pointer = hints === null ? '' : pointerStep(name);
    const known = table.byName.get(name);
    const attribute = reader.key(known?.attribute ?? unknownAttribute(name), pointer);
    const kind = known === undefined ? unknownKind(attribute) : known.field.facts.kind;
    out.add(attribute, reader.value(value, kind, pointer));
  }
  ownId(event, hints, out);
  return new EdnMap(out.keys, out.values);
};
