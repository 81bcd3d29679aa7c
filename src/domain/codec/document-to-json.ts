import type { EntityType } from '../define-entity-type.ts';
import { ednEquals } from '../edn/canonical.ts';
import { printEdn } from '../edn/print.ts';
import { type EdnMap, type EdnValue, Keyword, Tagged } from '../edn/value.ts';
import { entityType, entityTypeOfXtdbName } from '../entity-type.ts';
import {
  type AttributeTable,
  attributeTable,
  isLegacyAttribute,
  LEGACY_TYPE_ATTRIBUTE,
  TYPE_ATTRIBUTE,
  unknownAttribute,
  unknownKind,
  unknownName,
} from './attributes.ts';
import type { Hint } from './hint.ts';
import { escapeExact, fitsJsonb, freeStandIn } from './jsonb-text.ts';
import { whyNotTaken } from './nonconformity.ts';
import { pointerStep } from './pointer.ts';
import type { Nonconformity } from './stored-event.ts';
import { JsonWriter } from './value-to-json.ts';

export type JsonDocument = {
  entity_type: string | null;
  user_id: string | null;
  doc: string;
  hints: string | null;
  nonconforming: Nonconformity[];
  /** XTDB attributes that no field of the type names, without their colon. */
  unknown_attributes: string[];
};

/** Users are their own users: their documents say no `:user/id`. */
const USER = 'user';

type WrittenDocument = Omit<JsonDocument, 'entity_type' | 'user_id'>;

/** Makes the JSON of one XTDB document. */
class DocumentWriter {
  private readonly writer = new JsonWriter();
  private readonly table: AttributeTable;
  private readonly nonconforming: Nonconformity[] = [];
  private readonly unknown: string[] = [];
  private readonly names = new Set<string>();
  /** Joined in the end: what `+=` makes is kept as its pieces, dozens of bytes for each, as long as the document is. */
  private readonly json: string[] = ['{'];
  constructor(type: EntityType | undefined) {
    this.table = attributeTable(type);
  }

  note(pointer: string, hint: Hint): void {
    this.writer.notes.note(pointer, hint);
  }

  /** Whether the attribute is an older name, which only counts where the document has no newer one. */
  isOlder(attribute: string): boolean {
    return this.table.hasOlder && this.table.byAttribute.get(attribute)?.isPrimary === false;
  }

  attribute(attribute: string, value: EdnValue): void {
    const known = this.table.byAttribute.get(attribute);
    if (known === undefined || this.names.has(known.name)) {
      this.underXtdbName(attribute, value);
      return;
    }
    this.names.add(known.name);
    if (!known.isPrimary) this.note(`#/${known.name}`, ['key', escapeExact(attribute)]);
    this.put(known.jsonKey, this.writer.field(known.name, value, known.field.facts.kind));
    const reason = whyNotTaken(known.field, value);
    if (reason !== null) this.nonconforming.push({ field: known.name, reason });
  }

  underXtdbName(attribute: string, value: EdnValue): void {
    if (!isLegacyAttribute(attribute)) this.unknown.push(attribute);
    const name = unknownName(attribute);
    const written = fitsJsonb(name) && !this.names.has(name) ? name : freeStandIn(name, this.names);
    this.names.add(written);
    if (unknownAttribute(written) !== attribute) this.note(`#${pointerStep(written)}`, ['key', escapeExact(attribute)]);
    this.put(`${JSON.stringify(written)}:`, this.writer.field(written, value, unknownKind(attribute)));
  }

  private put(key: string, value: string): void {
    if (this.json.length > 1) this.json.push(',');
    this.json.push(key, value);
  }

  finish(): WrittenDocument {
    for (const name of this.table.required) {
      if (!this.names.has(name)) this.nonconforming.push({ field: name, reason: 'is missing' });
    }
    this.json.push('}');
    return {
      doc: this.json.join(''),
      hints: this.writer.notes.text(),
      nonconforming: this.nonconforming,
      unknown_attributes: this.unknown,
    };
  }
}

const uuidOf = (value: EdnValue | undefined): string | null =>
  value instanceof Tagged && value.tag === 'uuid' && typeof value.value === 'string' ? value.value : null;

/**
 * Notes an id: not a UUID that the document repeats; else the id as EDN, and the document's own where it is another, or
 * that it says none.
 */
const noteId = (out: DocumentWriter, eid: EdnValue, own: EdnValue | undefined): void => {
  const isPlain = uuidOf(eid) !== null;
  const repeats = own !== undefined && ednEquals(own, eid);
  if (repeats && isPlain) return;
  const id = escapeExact(printEdn(eid));
  out.note('/id', [own === undefined ? 'id-unsaid' : 'id', id]);
  if (own !== undefined && !repeats) out.note('/xt~1id', ['id', escapeExact(printEdn(own))]);
};

/** What the columns beside the document are made of. */
type Envelope = { id?: EdnValue; type?: EdnValue; legacyType?: EdnValue; user?: EdnValue };

const envelopeOf = (doc: EdnMap): Envelope | null => {
  const envelope: Envelope = {};
  for (let i = 0; i < doc.keys.length; i++) {
    const key = doc.keys[i];
    if (!(key instanceof Keyword)) return null;
    const value = doc.values[i] ?? null;
    if (key.name === 'xt/id') envelope.id = value;
    else if (key.name === 'user/id') envelope.user = value;
    else if (key.name === TYPE_ATTRIBUTE) envelope.type = value;
    else if (key.name === LEGACY_TYPE_ATTRIBUTE) envelope.legacyType = value;
  }
  return envelope;
};

const typeOf = (named: EdnValue | undefined): string | null =>
  named instanceof Keyword && fitsJsonb(named.name) ? named.name : null;

/** A type that we know by its name here; any other as XTDB has it, with a colon where it could be taken for one of ours. */
const columnOfType = (xtdbName: string | null, type: EntityType | undefined): string | null => {
  if (xtdbName === null || type !== undefined) return type?.name ?? null;
  return entityType(xtdbName) === undefined && !xtdbName.startsWith(':') ? xtdbName : `:${xtdbName}`;
};

/**
 * An XTDB document as plain JSON by its schema's names, with its hints; or in words why it is no document.
 * `entityId` is the UUID that stands for `eid`.
 * @throws {UnstorableError} for a document beyond what the store holds
 */
export const documentToJson = (eid: EdnValue, entityId: string, doc: EdnMap): JsonDocument | string => {
  const envelope = envelopeOf(doc);
  if (envelope === null) return 'a document needs keywords for keys';
  const isLegacy = envelope.type === undefined && envelope.legacyType !== undefined;
  const xtdbName = typeOf(isLegacy ? envelope.legacyType : envelope.type);
  const type = xtdbName === null ? undefined : entityTypeOfXtdbName(xtdbName);
  const column = columnOfType(xtdbName, type);
  const said = uuidOf(envelope.user);
  const isUser = type?.name === USER;
  const userId = said ?? (isUser && envelope.user === undefined ? entityId : null);

  const out = new DocumentWriter(type);
  noteId(out, eid, envelope.id);
  if (isLegacy && column !== null) out.note('/entity_type', 'legacy');
  if (isUser && said === entityId) out.note('/user_id', 'said');
  const older: [string, EdnValue][] = [];
  for (let i = 0; i < doc.keys.length; i++) {
    const key = doc.keys[i];
    if (!(key instanceof Keyword) || key.name === 'xt/id') continue;
    if (key.name === 'user/id' && said !== null) continue;
    if (key.name === TYPE_ATTRIBUTE && column !== null) continue;
    const value = doc.values[i] ?? null;
    if (out.isOlder(key.name)) older.push([key.name, value]);
    else out.attribute(key.name, value);
  }
  for (const [attribute, value] of older.sort(([a], [b]) => (a < b ? -1 : 1))) out.attribute(attribute, value);
  const written = out.finish();
  if (type !== undefined) {
    if (isLegacy) written.nonconforming.push({ field: 'entity_type', reason: 'is only in the older attribute' });
    if (said === null && !isUser && type.hasUser !== false) {
      written.nonconforming.push({
        field: 'user_id',
        reason: envelope.user === undefined ? 'is missing' : 'is not a UUID',
      });
    }
  }
  return { entity_type: column, user_id: userId, ...written };
};
