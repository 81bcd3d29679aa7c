const PART = "[\\p{L}\\p{N}*+!_?<>=$&|%.'#-]+";
const KEYWORD_NAME = new RegExp(`^(?:${PART}/)?${PART}$`, 'u');

/**
 * Whether `:name` is a keyword that every EDN reader takes, with at most one slash. What XTDB holds may be laxer; what
 * is written here is held to this.
 */
export const isKeywordName = (name: string): boolean => KEYWORD_NAME.test(name);
