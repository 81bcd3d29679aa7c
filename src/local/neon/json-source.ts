/** TypeScript's library does not know these yet (ECMAScript proposal "JSON.parse source text access", in Node 22). */
interface JsonWithSource {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): value is { rawJSON: string };
}

export const JsonSource: JsonWithSource = JSON as typeof JSON & JsonWithSource;

/** A number that a double may not hold, or whose text a double would not give back: long, with a fraction, an exponent. */
const UNUSUAL_NUMBER = /\d{16}|\d[.eE]|-0/;

/** Like `JSON.parse`, but a number keeps its text where `String(number)` would change it (2^53 + 1, 1.0, 1e400). */
export function parseJsonKeepingNumbers(text: string): unknown {
  if (!UNUSUAL_NUMBER.test(text)) return JSON.parse(text);
  return JsonSource.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? JsonSource.rawJSON(source) : value,
  );
}
