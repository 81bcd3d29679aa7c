/**
 * How text travels that Postgres' jsonb refuses: U+0000 and surrogates without their other half. The document holds a
 * readable stand-in and a hint holds the exact text, escaped to ASCII. Every road that writes jsonb comes through here.
 */

/** U+2400, the picture of NUL. */
const NUL_STAND_IN = '␀';
const SURROGATE_STAND_IN = '\uFFFD';

/** Whether jsonb can hold the text as it is. */
export const fitsJsonb = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** The text with a stand-in for each unit that jsonb refuses. */
export const readableText = (text: string): string =>
  text.replaceAll('\0', NUL_STAND_IN).replace(/\p{Cs}/gu, SURROGATE_STAND_IN);

/** A stand-in for a key that jsonb refuses; numbered, so that a great many of one stand-in take no longer to tell apart. */
export const freeStandIn = (key: string, taken: ReadonlySet<string>): string => {
  const standIn = readableText(key);
  let free = standIn;
  for (let n = taken.size; taken.has(free); n++) free = `${standIn}${n}`;
  return free;
};

/**
 * The keys under which an object with these distinct keys is stored, in the same order: those that jsonb refuses under
 * stand-ins that no other key has. Which key gets which does not depend on their order.
 */
export const storableKeys = (keys: readonly string[]): readonly string[] => {
  const unfit = keys.filter((key) => !fitsJsonb(key)).sort();
  if (unfit.length === 0) return keys;
  const taken = new Set(keys);
  const standIns = new Map<string, string>();
  for (const key of unfit) {
    const standIn = freeStandIn(key, taken);
    taken.add(standIn);
    standIns.set(key, standIn);
  }
  return keys.map((key) => standIns.get(key) ?? key);
};

/** Text as printable ASCII: a backslash is doubled, and any other unit is `\uXXXX`. */
export const escapeExact = (text: string): string =>
  text.replace(/[^ -[\]-~]/g, (unit) =>
    unit === '\\' ? '\\\\' : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** The text that {@link escapeExact} was given. */
export const unescapeExact = (escaped: string): string =>
  escaped.replace(/\\(?:\\|u([0-9a-f]{4}))/g, (_, code: string | undefined) =>
    code === undefined ? '\\' : String.fromCharCode(Number.parseInt(code, 16)),
  );

/** Whether hints may hold the exact text of some string: those are written with a backslash. */
export const mayHoldExactText = (hints: string): boolean => hints.includes('\\');
