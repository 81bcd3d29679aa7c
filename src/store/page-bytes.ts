/**
 * Of stored documents or raw lines in one page of an answer, unless the first alone is longer. As JSON or base64 they are twice as long at
 * most; Neon's limit may be 10 MiB.
 */
export const MAX_PAGE_BYTES = 4_000_000;

/** SQL of how long an event's document is with its hints, which can be the longer part. */
export const storedBytes = (row: string): string =>
  `coalesce(octet_length(${row}.doc::text), 0) + coalesce(octet_length(${row}.hints::text), 0)`;
