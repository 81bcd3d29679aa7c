import fc from 'fast-check';

/** Random values of a Postgres type, as text; null where there is none of that type. */
export function sqlArgument(type: string, ids: readonly string[]): fc.Arbitrary<string | null> {
  if (type.endsWith('[]')) {
    return fc
      .array(sqlArgument(type.slice(0, -2), ids), { maxLength: 3 })
      .map((members) => `{${members.map((text) => (text === null ? 'null' : quoted(text))).join(',')}}`);
  }
  const make = VALUES[type];
  return make === undefined ? fc.constant(null) : fc.oneof({ weight: 5, arbitrary: make(ids) }, fc.constant(null));
}

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const someText = fc.oneof(
  fc.constantFrom(
    'habit',
    'habit_log',
    'Europe/Berlin',
    'UTC',
    'daily_activity',
    '/label',
    '',
    "'; select 1; --",
    '2026-01-01',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
);
const count = fc.integer({ min: -2, max: 40 });
const moment = fc.oneof(
  fc
    .date({ noInvalidDate: true, min: new Date('0001-01-01Z'), max: new Date('9999-01-01Z') })
    .map((at) => at.toISOString()),
  fc.constantFrom('infinity', '-infinity', 'now'),
);

const VALUES: Readonly<Record<string, (ids: readonly string[]) => fc.Arbitrary<string>>> = {
  uuid: (ids) => fc.constantFrom(...ids),
  text: () => someText,
  integer: () => count.map(String),
  bigint: () => fc.oneof(count.map(String), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
  'double precision': () => fc.double().map((n) => (Object.is(n, -0) ? '-0' : String(n))),
  boolean: () => fc.boolean().map(String),
  date: () => fc.date({ noInvalidDate: true, min: new Date(0) }).map((at) => at.toISOString().slice(0, 10)),
  'timestamp with time zone': () => moment,
  interval: () => fc.constantFrom('1 day', '-1 year', '0'),
  xid8: () => fc.nat().map(String),
  jsonb: (ids) =>
    fc.oneof(
      fc.json({ maxDepth: 3 }).filter((text) => !text.includes('\\u0000') && !/\\ud[89a-f]/i.test(text)),
      fc
        .record(
          {
            // The application's own word for who asks: the first is who does.
            user_id: fc.constant(ids[0]),
            entity_id: fc.constantFrom(...ids),
            operations: fc.array(
              fc.record(
                {
                  op: fc.constantFrom('put', 'patch', 'delete', 'match', 'evict', 'restore', 'undo', 'x'),
                  entity_id: fc.constantFrom(...ids),
                  entity_type: fc.constantFrom('habit', 'x'),
                  doc: fc.constant({ label: 'a' }),
                  version: count,
                },
                { requiredKeys: ['op'] },
              ),
              { maxLength: 3 },
            ),
            request_hash: fc.constant(''),
            rows: fc.jsonValue(),
          },
          { requiredKeys: [] },
        )
        .map((json) => JSON.stringify(json)),
    ),
};
