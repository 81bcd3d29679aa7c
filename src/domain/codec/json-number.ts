import { type Decimal, decimalText, parseDecimal, plainDecimalText } from '../edn/decimal.ts';
import { doubleAsJson, doubleText } from '../edn/double-text.ts';
import { fitsLong, integer } from '../edn/number.ts';
import { EdnNumber } from '../edn/value.ts';
import type { FieldKind } from '../fields.ts';

/**
 * Longer numbers travel as strings. Postgres' numeric takes 131,072 digits before the point and 16,383 after; other
 * readers of JSON give up sooner.
 */
export const MAX_JSON_DIGITS = 1_000;

/** Whether a number's plain text, with neither exponent nor stand-in, is short enough to be a JSON number. */
export const fitsJsonNumber = ({ unscaled, scale }: Decimal): boolean =>
  unscaled.length <= MAX_JSON_DIGITS && Math.abs(scale) <= MAX_JSON_DIGITS;

/** What a JSON number stands for without a hint, in a field of this kind. */
export const numberFromJson = (literal: string, kind: FieldKind): EdnNumber => {
  if (!/[.eE]/.test(literal)) {
    if (kind === 'double') return fromPointed(`${literal}.0`, literal);
    return integer(literal === '-0' ? '0' : literal);
  }
  return fromPointed(literal, literal);
};

/** A double where it is exactly that double's text, else the decimal that it is: nothing is rounded away. */
const fromPointed = (pointed: string, literal: string): EdnNumber => {
  const double = canonicalDouble(pointed);
  if (double !== null) return new EdnNumber('double', double);
  const decimal = parseDecimal(literal);
  if (decimal === null) throw new Error(`not a JSON number: ${literal.slice(0, 80)}`);
  return new EdnNumber('decimal', decimalText(decimal));
};

const stripZeros = ({ unscaled, scale }: Decimal): string => {
  const stripped = unscaled.replace(/0+$/, '');
  return stripped === '' || stripped === '-' ? '0' : `${stripped}e${scale - (unscaled.length - stripped.length)}`;
};

/** The text of the double that a JSON number is, or null when it is none to the last digit. */
const canonicalDouble = (literal: string): string | null => {
  const value = Number(literal);
  if (!Number.isFinite(value)) return null;
  const text = doubleText(value === 0 ? 0 : value);
  if (text === literal) return text;
  const [given, found] = [parseDecimal(literal), parseDecimal(text)];
  if (given === null || found === null) return null;
  return stripZeros(given) === stripZeros(found) ? text : null;
};

/**
 * The JSON number that stands for a written one in a field of this kind: whole where the field is an integer, with a
 * point where it is a double, without an exponent. Null when the number is longer than {@link MAX_JSON_DIGITS}.
 */
export const normalizedJsonNumber = (literal: string, kind: FieldKind): string | null => {
  const decimal = parseDecimal(literal);
  if (decimal === null || !fitsJsonNumber(decimal)) return null;
  const whole = !/[.eE]/.test(literal);
  if (kind === 'long') return plainDecimalText(decimal).replace(/\.0*$/, '').replace(/^-0$/, '0');
  if (whole && kind !== 'double') return literal === '-0' ? '0' : literal;
  const double = canonicalDouble(literal);
  if (double !== null) return doubleAsJson(double);
  const plain = plainDecimalText(decimal);
  return plain.includes('.') ? plain : `${plain}.0`;
};

/** Whether an integer literal decodes without a hint to this kind of number. */
export const integerNeedsNoHint = (kind: EdnNumber['kind'], text: string, field: FieldKind): boolean =>
  field !== 'double' && kind === (fitsLong(text) ? 'long' : 'bigint');
