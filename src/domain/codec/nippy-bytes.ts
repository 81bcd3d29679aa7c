import { concatBytes } from '../concat-bytes.ts';
import { parseDecimal } from '../edn/decimal.ts';
import { Char, EdnMap, EdnNumber, type EdnValue, Keyword, Tagged } from '../edn/value.ts';

/**
 * The bytes that Nippy, the serializer inside XTDB 1, makes of the values that people use as ids: XTDB's id hash is the
 * SHA-1 of them. Type bytes as printed by Nippy 3.4 on a real XTDB 1.24.5.
 */
const TYPE = {
  zeroLong: 0x00,
  true: 0x08,
  false: 0x09,
  char: 0x0a,
  longText: 0x0d,
  mediumText: 0x10,
  sortedMap: 0x1f,
  emptyText: 0x22,
  long64: 0x2b,
  bigint: 0x2c,
  zeroDouble: 0x37,
  double: 0x3d,
  decimal: 0x3e,
  ratio: 0x46,
  date: 0x5a,
  long8: 0x64,
  long16: 0x65,
  long32: 0x66,
  shortText: 0x69,
  shortKeyword: 0x6a,
} as const;

const utf8 = new TextEncoder();

const join = (...parts: readonly (number | ArrayLike<number>)[]): Uint8Array => {
  const flat: number[] = [];
  for (const part of parts) {
    if (typeof part === 'number') flat.push(part);
    else for (let i = 0; i < part.length; i++) flat.push(part[i] ?? 0);
  }
  return Uint8Array.from(flat);
};

/** An integer in so many bytes, big end first, in two's complement. */
const signed = (value: bigint, size: number): Uint8Array => {
  const bytes = new Uint8Array(size);
  for (let i = size - 1, rest = BigInt.asUintN(size * 8, value); i >= 0; i--, rest >>= 8n)
    bytes[i] = Number(rest & 255n);
  return bytes;
};

/** An integer in as few bytes as its sign allows, after their number. */
const bigInteger = (value: bigint): Uint8Array => {
  let size = 1;
  while (BigInt.asIntN(size * 8, value) !== value) size++;
  return join(signed(BigInt(size), 4), signed(value, size));
};

const text = (value: string): Uint8Array => {
  const bytes = utf8.encode(value);
  if (bytes.length === 0) return join(TYPE.emptyText);
  if (bytes.length < 128) return join(TYPE.shortText, bytes.length, bytes);
  if (bytes.length < 32_768) return join(TYPE.mediumText, signed(BigInt(bytes.length), 2), bytes);
  return join(TYPE.longText, signed(BigInt(bytes.length), 4), bytes);
};

const long = (value: bigint): Uint8Array => {
  if (value === 0n) return join(TYPE.zeroLong);
  if (BigInt.asIntN(8, value) === value) return join(TYPE.long8, signed(value, 1));
  if (BigInt.asIntN(16, value) === value) return join(TYPE.long16, signed(value, 2));
  if (BigInt.asIntN(32, value) === value) return join(TYPE.long32, signed(value, 4));
  return join(TYPE.long64, signed(value, 8));
};

const double = (value: number): Uint8Array => {
  if (value === 0) return join(TYPE.zeroDouble);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return join(TYPE.double, new Uint8Array(view.buffer));
};

/** Longer numbers would take quadratic time to convert, and are no one's ids. */
const MAX_DIGITS = 1_000;

const number = ({ kind, text: digits }: EdnNumber): Uint8Array | null => {
  if (digits.length > MAX_DIGITS) return null;
  if (kind === 'long') return long(BigInt(digits));
  if (kind === 'double') return double(Number(digits));
  if (kind === 'bigint') return join(TYPE.bigint, bigInteger(BigInt(digits)));
  if (kind === 'ratio') {
    const [top = '', bottom = ''] = digits.split('/');
    return join(TYPE.ratio, bigInteger(BigInt(top)), bigInteger(BigInt(bottom)));
  }
  const decimal = parseDecimal(digits);
  if (decimal === null) return null;
  return join(TYPE.decimal, bigInteger(BigInt(decimal.unscaled)), signed(BigInt(decimal.scale), 4));
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** As clojure.lang.Symbol compares: those without a namespace first. */
const compareNames = (a: string, b: string): number => {
  const [slashA, slashB] = [a.indexOf('/'), b.indexOf('/')];
  const spaces = compare(slashA < 0 ? '' : a.slice(0, slashA), slashB < 0 ? '' : b.slice(0, slashB));
  return spaces !== 0 ? spaces : compare(a.slice(slashA + 1), b.slice(slashB + 1));
};

const compareKeys = (a: EdnValue, b: EdnValue): number => {
  if (a instanceof Keyword && b instanceof Keyword) return compareNames(a.name, b.name);
  return typeof a === 'string' && typeof b === 'string' ? compare(a, b) : 0;
};

const map = ({ keys, values }: EdnMap): Uint8Array | null => {
  const allOfOne = keys.every((key) => typeof key === 'string') || keys.every((key) => key instanceof Keyword);
  if (!allOfOne) return null;
  const entries = keys.map((key, i) => ({ key, value: values[i] ?? null })).sort((a, b) => compareKeys(a.key, b.key));
  const parts = entries.flatMap(({ key, value }) => [nippyBytes(key), nippyBytes(value)]);
  if (parts.includes(null)) return null;
  // Not as arguments of one call: there may be more of them than a stack holds.
  return concatBytes([join(TYPE.sortedMap, signed(BigInt(keys.length), 4)), ...parts.filter((part) => part !== null)]);
};

/** The bytes, or null for a value whose bytes are not known here: of an id, a map of unlike keys or of collections. */
export const nippyBytes = (value: EdnValue): Uint8Array | null => {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'boolean') return join(value ? TYPE.true : TYPE.false);
  if (value instanceof EdnNumber) return number(value);
  if (value instanceof Char) return join(TYPE.char, signed(BigInt(value.unit.charCodeAt(0)), 2));
  if (value instanceof EdnMap) return map(value);
  if (value instanceof Keyword) {
    const name = utf8.encode(value.name);
    return name.length < 128 ? join(TYPE.shortKeyword, name.length, name) : null;
  }
  if (value instanceof Tagged && value.tag === 'inst' && typeof value.value === 'string') {
    const ms = Date.parse(value.value);
    return Number.isNaN(ms) ? null : join(TYPE.date, signed(BigInt(ms), 8));
  }
  return null;
};
