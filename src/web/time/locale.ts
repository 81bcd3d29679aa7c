/** The page is in English, so its dates are in the reader's own kind of English, or in British for all others. */
export const LOCALE = navigator.languages.find((language) => language.startsWith('en')) ?? 'en-GB';
