import { parseDecimal, plainDecimalText } from './decimal.ts';

/**
 * The one text of a double in Annals: as Java prints it (`0.1`, `1.0E10`, `-0.0`), with the shortest digits that read
 * back as the same double. `Infinity`, `-Infinity` and `NaN` are themselves.
 */
export const doubleText = (value: number): string => {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  const [mantissa, exponent] = value.toExponential().split('e');
  return `${mantissa?.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
};

/**
 * A finite double's text as a JSON number that Postgres' jsonb gives back as it is: written out, since numeric drops the
 * exponent and with it the fact that this was a double, and always with a point.
 */
export const doubleAsJson = (text: string): string => {
  if (!text.includes('E')) return text;
  const decimal = parseDecimal(text);
  if (decimal === null) throw new Error(`not a finite double: ${text}`);
  const plain = plainDecimalText(decimal);
  return plain.includes('.') ? plain : `${plain}.0`;
};
