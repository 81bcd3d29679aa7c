/** What a header is for, and what its text looks like. */
export interface DescribedHeader {
  readonly description: string;
  readonly pattern: string;
  readonly example?: string;
}

const ETAGS = '(W/)?"[^"]*"(, (W/)?"[^"]*")*';

/** Headers that several routes take. */
export const HEADERS = {
  'Idempotency-Key': {
    description: 'The same key with the same request gives the first answer again and writes nothing, for 24 hours.',
    pattern: '^[!#-~]{1,255}$',
  },
  'If-Match': {
    description: 'ETags that the entity may have, or * for any; 412 otherwise.',
    pattern: `^([*]|${ETAGS})$`,
    example: '"17"',
  },
  'If-None-Match': {
    description: 'ETags that are known already, answered 304. On a write * alone: the entity must not be there.',
    pattern: `^([*]|${ETAGS})$`,
    example: '"17"',
  },
  'Accept-Datetime': {
    description: 'The moment to read at, valid and transaction time both (RFC 7089), as an HTTP date.',
    pattern:
      '^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), (0[1-9]|1[0-9]|2[0-8]) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [12][0-9]{3} ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9] GMT$',
    example: 'Fri, 01 May 2026 00:00:00 GMT',
  },
  Basis: {
    description: 'now, or what an answer had here, to read the very same versions again; the answer says its own.',
    pattern: '^(now|[A-Za-z0-9_-]+)$',
    example: 'now',
  },
  Position: {
    description: 'What the answer to a write had here: the read sees that write, whichever database it asks.',
    pattern: '^[0-9]{1,18}$',
  },
} as const satisfies Record<string, DescribedHeader>;

/** Headers of answers. */
export const ANSWER_HEADERS = {
  ETag: 'The version, for If-Match and If-None-Match',
  Basis: 'What was read from, where the request asks for it',
  Position: 'For later reads that must see this write',
  'Memento-Datetime': 'The moment that was read at, where the request names one (RFC 7089)',
  Link: 'The page that follows; the address of the present',
  'Retry-After': 'Seconds to wait',
  'WWW-Authenticate': 'What is wrong with the token (RFC 6750)',
  'X-Request-Id': 'Names this request in the log; yours, when you sent one',
} as const;
