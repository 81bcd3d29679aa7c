/** Of a chunk, decompressed: a Worker has 128 MB, and decoding takes some ten times a chunk's size. */
export const MAX_CHUNK_BYTES = 8 * 1024 * 1024;
/** Of one request to the database: Neon's limit may be 10 MiB. */
export const MAX_DATABASE_REQUEST_BYTES = 8 * 1024 * 1024;
/** Of one line: a write may have 4 MiB, which come back from a backup. A longer one is kept as a reject with its beginning. */
export const MAX_LINE_BYTES = 5 * 1024 * 1024;
/** Of one line as EDN, keys and all: small values take over fifty times their bytes while they are read. A person's largest document has hundreds. */
export const MAX_LINE_VALUES = 50_000;
/** Of one row in a request to the database, which has room for a chunk of that row alone. */
export const MAX_ROW_BYTES = 7 * 1024 * 1024;
/** What is kept of a rejected line. */
export const MAX_RAW_BYTES = 256 * 1024;
/** Of one name that stands beside documents: an entity type, an attribute without a field, who evicted, a client. */
export const MAX_NAME_CHARS = 1_000;
/** Of a transaction's metadata: four times what a write may have, since jsonb writes numbers out. */
export const MAX_META_CHARS = 16_384;
/** Of what a sender says when it pauses, and of why a line is rejected, which may quote it. */
export const MAX_REASON_CHARS = 1_000;
