const PART = "[\\p{L}\\p{N}*+!_?<>=$&|%.'#-]+";
const KEYWORD_NAME = new RegExp(`^(?:${PART}/)?${PART}$`, 'u');

/**
 * Whether `:name` is a keyword that every EDN reader takes, with at most one slash. What XTDB holds may be laxer; what
 * is written here is held to this.
 */
export const isKeywordName = (name: string): boolean => KEYWORD_NAME.test(name);

// By far the most names, and quick to tell.
const USUAL = /^[A-Za-z][\w.-]*(?:\/[A-Za-z][\w.-]*)?$/;
const NO_PART = /[\s\p{Cc}\p{Cs},"();[\]{}\\^@`~]/u;
// Of Clojure's: nothing on either side of a slash but one that is the name, no digit after it, no colon out of place.
const NO_TOKEN = /^$|^:|:$|::|:\/|^\/.|[^/]\/$|\/\d[^/]*$/;

/** Whether Clojure's EDN reader takes `:name` for that keyword: laxer than {@link isKeywordName}. */
export const readsAsKeyword = (name: string): boolean =>
  USUAL.test(name) || !(NO_PART.test(name) || NO_TOKEN.test(name));

const OTHER_TOKEN = /^(?:nil|true|false)$|^#|^[+-]?\d/;

/** Whether Clojure's EDN reader takes `name` for that symbol. */
export const readsAsSymbol = (name: string): boolean => readsAsKeyword(name) && !OTHER_TOKEN.test(name);
