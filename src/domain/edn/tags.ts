import { canonicalInstant } from '../time/instant.ts';
import { isLocalDate } from '../time/local-date.ts';
import { isoFromInstText } from './inst.ts';
import { EdnSymbol, type EdnValue, Keyword, Tagged } from './value.ts';

/** XTDB's own tags, and those of its predecessor, for values that have another tag here. */
const SAME_AS: ReadonlyMap<string, string> = new Map([
  ['xtdb/instant', 'time/instant'],
  ['xtdb/local-date', 'time/date'],
  ['xtdb/local-time', 'time/time'],
  ['xtdb/local-date-time', 'time/date-time'],
  ['xtdb/zdt', 'time/zoned-date-time'],
  ['xtdb/duration', 'time/duration'],
  ['crux/id', 'xtdb/id'],
  ['crux/base64', 'xtdb/base64'],
]);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is a UUID in lower case with its dashes. */
export const isUuid = (text: string): boolean => text.length === 36 && UUID.test(text);

const uuid = (text: string): string | null => {
  if (isUuid(text)) return text;
  const lower = text.toLowerCase();
  return isUuid(lower) ? lower : null;
};

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Tags whose text is checked and brought to one form. The other java.time values keep the text that Java printed. */
const CANONICAL: ReadonlyMap<string, (text: string) => string | null> = new Map([
  ['inst', isoFromInstText],
  ['uuid', uuid],
  ['time/instant', canonicalInstant],
  ['time/date', (text: string) => (isLocalDate(text) ? text : null)],
  ['xtdb/base64', (text: string) => (BASE64.test(text) ? text : null)],
]);

/** Whether texts under this tag are brought to one form, which is printable ASCII without quotes or backslashes. */
export const isCanonicalTag = (tag: string): boolean => CANONICAL.has(tag);

const isTextTag = (tag: string): boolean => tag === 'uri' || tag === 'xtdb/id' || tag.startsWith('time/');

/** Names that no notation of EDN has, such as that of `(keyword "High energy")`, are texts under these. */
export const KEYWORD_TAG = 'annals/keyword';
export const SYMBOL_TAG = 'annals/symbol';

/** A value under a tag, or in words why it cannot be. */
export const tagged = (written: string, value: EdnValue): Tagged | Keyword | EdnSymbol | string => {
  if (written === KEYWORD_TAG || written === SYMBOL_TAG) {
    if (typeof value !== 'string') return `#${written} needs a string`;
    return written === KEYWORD_TAG ? new Keyword(value) : new EdnSymbol(value);
  }
  const tag = SAME_AS.get(written) ?? written;
  const canonical = CANONICAL.get(tag);
  if (canonical === undefined) {
    if (isTextTag(tag) && typeof value !== 'string') return `#${written} needs a string`;
    return new Tagged(tag, value);
  }
  if (typeof value !== 'string') return `#${written} needs a string`;
  const text = canonical(value);
  return text === null ? `#${written} does not fit "${value.slice(0, 60)}"` : new Tagged(tag, text);
};
