import { decimalText, parseDecimal } from './decimal.ts';
import { doubleText } from './double-text.ts';
import { EdnNumber } from './value.ts';

const LONG_MAX = '9223372036854775807';
const LONG_MIN_DIGITS = '9223372036854775808';

/** Whether canonical integer text fits 64 bits. */
export const fitsLong = (text: string): boolean => {
  if (text.length < 19) return true;
  const negative = text.startsWith('-');
  const digits = negative ? text.slice(1) : text;
  if (digits.length !== 19) return digits.length < 19;
  return digits <= (negative ? LONG_MIN_DIGITS : LONG_MAX);
};

/** An integer of canonical text: a long where it fits, else a BigInt, as Clojure reads it. */
export const integer = (text: string): EdnNumber => new EdnNumber(fitsLong(text) ? 'long' : 'bigint', text);

export const double = (value: number): EdnNumber => new EdnNumber('double', doubleText(value));

const canonicalInteger = (sign: string, digits: string): string => {
  const stripped = digits.replace(/^0+(?=\d)/, '');
  return sign === '-' && stripped !== '0' ? `-${stripped}` : stripped;
};

const INTEGER = /^([+-]?)(0|[1-9]\d*)(N?)$/;
const RATIO = /^([+-]?)(\d+)\/(\d+)$/;
const DOUBLE = /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$/;
const RADIX = /^([+-]?)(?:0[xX]([0-9A-Fa-f]+)|0([0-7]+)|([1-9]\d?)[rR]([0-9A-Za-z]+))(N?)$/;

/** Longer texts in another base than ten would cost quadratic time to convert. */
const MAX_RADIX_DIGITS = 2_000;

/** Decimal exponents and ratios are kept as text; a ratio is reduced, which bounds its length. */
const MAX_RATIO_DIGITS = 10_000;

const ratio = (sign: string, numerator: string, denominator: string): EdnNumber | string => {
  if (numerator.length + denominator.length > MAX_RATIO_DIGITS)
    return `a ratio of more than ${MAX_RATIO_DIGITS} digits`;
  let [a, b] = [BigInt(numerator), BigInt(denominator)];
  if (b === 0n) return 'a ratio divides by zero';
  const [top, bottom] = [a, b];
  while (b !== 0n) [a, b] = [b, a % b];
  const text = `${sign === '-' && top !== 0n ? '-' : ''}${top / a}`;
  // Clojure makes a BigInt, then a long where it fits, of a ratio whose denominator is 1.
  return bottom === a ? integer(text) : new EdnNumber('ratio', `${text}/${bottom / a}`);
};

const otherBase = (m: RegExpExecArray): EdnNumber | string => {
  const [digits, base] = m[2] !== undefined ? [m[2], 16] : m[3] !== undefined ? [m[3], 8] : [m[5] ?? '', Number(m[4])];
  if (digits.length > MAX_RADIX_DIGITS) return `a number of more than ${MAX_RADIX_DIGITS} digits in base ${base}`;
  let value = 0n;
  for (const digit of digits) {
    const n = Number.parseInt(digit, 36);
    if (n >= base || base > 36) return `a digit ${digit} in base ${base}`;
    value = value * BigInt(base) + BigInt(n);
  }
  const text = canonicalInteger(m[1] ?? '', String(value));
  return m[6] === 'N' ? new EdnNumber('bigint', text) : integer(text);
};

/** A number token, or in words why it is none. */
export const parseNumber = (token: string): EdnNumber | string => {
  const whole = INTEGER.exec(token);
  if (whole !== null) {
    const text = canonicalInteger(whole[1] ?? '', whole[2] ?? '');
    return whole[3] === 'N' ? new EdnNumber('bigint', text) : integer(text);
  }
  if (token.endsWith('M')) {
    const decimal = parseDecimal(token.slice(0, -1));
    if (decimal !== null) return new EdnNumber('decimal', decimalText(decimal));
  }
  const fraction = RATIO.exec(token);
  if (fraction !== null) return ratio(fraction[1] ?? '', fraction[2] ?? '', fraction[3] ?? '');
  const based = RADIX.exec(token);
  if (based !== null) return otherBase(based);
  if (DOUBLE.test(token) && /[.eE]/.test(token)) return double(Number(token));
  return `"${token.slice(0, 40)}" is not a number`;
};
