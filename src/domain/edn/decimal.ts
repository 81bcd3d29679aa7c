/** A java.math.BigDecimal: `unscaled` × 10^-`scale`; `unscaled` is digits with no leading zero, maybe a minus. */
export type Decimal = { unscaled: string; scale: number };

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,10}))?$/;
const MAX_SCALE = 2_147_483_647;

/** Reads what BigDecimal's constructor reads; null when it is no such number or its scale leaves 32 bits. */
export const parseDecimal = (text: string): Decimal | null => {
  const m = DECIMAL.exec(text);
  if (m === null) return null;
  const decimals = m[3] ?? '';
  const scale = decimals.length - Number(m[4] ?? 0);
  if (Math.abs(scale) > MAX_SCALE) return null;
  const digits = `${m[2]}${decimals}`.replace(/^0+(?=\d)/, '');
  return { unscaled: m[1] === '-' && digits !== '0' ? `-${digits}` : digits, scale };
};

/** The text that BigDecimal.toString() gives; it keeps the scale. */
export const decimalText = ({ unscaled, scale }: Decimal): string => {
  if (scale === 0) return unscaled;
  const sign = unscaled.startsWith('-') ? '-' : '';
  const digits = unscaled.slice(sign.length);
  const exponent = digits.length - 1 - scale;
  if (scale > 0 && exponent >= -6) return sign + withPoint(digits, scale);
  const mantissa = digits.length === 1 ? digits : `${digits.slice(0, 1)}.${digits.slice(1)}`;
  return exponent === 0 ? sign + mantissa : `${sign}${mantissa}E${exponent > 0 ? '+' : ''}${exponent}`;
};

/** The number written out without an exponent: its scale shows where that is 0 or more. */
export const plainDecimalText = ({ unscaled, scale }: Decimal): string => {
  const sign = unscaled.startsWith('-') ? '-' : '';
  const digits = unscaled.slice(sign.length);
  if (scale > 0) return sign + withPoint(digits, scale);
  return digits === '0' ? '0' : sign + digits + '0'.repeat(-scale);
};

const withPoint = (digits: string, scale: number): string => {
  const padded = digits.padStart(scale + 1, '0');
  return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
};
