import fc from 'fast-check';
import { canonicalEdn } from '../../src/domain/edn/canonical.ts';
import { doubleText } from '../../src/domain/edn/double-text.ts';
import {
  Char,
  EdnMap,
  EdnNumber,
  EdnSet,
  EdnSymbol,
  type EdnValue,
  Keyword,
  List,
  Tagged,
} from '../../src/domain/edn/value.ts';
import { edn } from './edn-value.ts';

const name = fc.stringMatching(/^[a-zé_*!?][a-z0-9.é_-]{0,6}$/);
const qualified = fc.oneof(
  name,
  fc.tuple(name, name).map(([space, local]) => `${space}/${local}`),
  fc.constantFrom('__proto__', 'constructor', 'toString'),
);

/** Any UTF-16 text, halves of surrogate pairs and NUL included. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('\0', '\uD800', 'a\0', 'a␀', '\uFFFD', '\\u0000'),
);

const number = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => new EdnNumber('long', String(n))),
  fc.bigInt().map((n) => new EdnNumber('bigint', String(n))),
  fc.double().map((n) => new EdnNumber('double', doubleText(n))),
  fc.tuple(fc.bigInt(), fc.integer({ min: -50, max: 50 })).map(([n, exponent]) => edn(`${n}E${exponent}M`)),
  fc.tuple(fc.integer(), fc.integer({ min: 1 })).map(([a, b]) => edn(`${a}/${b}`)),
);

const instant = fc
  .tuple(
    fc.date({ min: new Date(-6e13), max: new Date(2.5e14), noInvalidDate: true }),
    fc.integer({ min: 0, max: 999_999 }),
  )
  .map(([date, nanos]) =>
    edn(
      `#time/instant "${date.toISOString().replace(/^\+0/, '+').replace(/^-00/, '-').slice(0, -1)}${String(nanos).padStart(6, '0')}Z"`,
    ),
  );

const scalar: fc.Arbitrary<EdnValue> = fc.oneof(
  fc.constantFrom(null, true, false),
  anyText,
  number,
  qualified.map((text) => new Keyword(text)),
  qualified.filter((text) => !['nil', 'true', 'false'].includes(text)).map((text) => new EdnSymbol(text)),
  fc.integer({ min: 0, max: 0xffff }).map((unit) => new Char(String.fromCharCode(unit))),
  fc.uuid().map((text) => new Tagged('uuid', text)),
  fc
    .date({ min: new Date(-6e13), max: new Date(2.5e14), noInvalidDate: true })
    .map((date) =>
      edn(`#inst "${date.toISOString().replace('Z', '-00:00').replace(/^\+0/, '').replace(/^-00/, '-')}"`),
    ),
  instant,
  anyText.map((text) => new Tagged('uri', text)),
);

const distinct = { selector: canonicalEdn };

/** Any EDN value, nested a few levels. */
export const anyEdn: fc.Arbitrary<EdnValue> = fc.letrec<{ value: EdnValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => new List(items)),
    fc.uniqueArray(tie('value'), { maxLength: 4, ...distinct }).map((items) => new EdnSet(items)),
    fc.uniqueArray(fc.tuple(tie('value'), tie('value')), { maxLength: 4, selector: ([key]) => canonicalEdn(key) }).map(
      (entries) =>
        new EdnMap(
          entries.map(([key]) => key),
          entries.map(([, value]) => value),
        ),
    ),
    fc.uniqueArray(fc.tuple(anyText, tie('value')), { maxLength: 4, selector: ([key]) => key }).map(
      (entries) =>
        new EdnMap(
          entries.map(([key]) => key),
          entries.map(([, value]) => value),
        ),
    ),
    fc.tuple(qualified, tie('value')).map(([tag, value]) => new Tagged(`my.${tag}`, value)),
  ),
})).value;

/** A document's attributes: distinct keywords, of types that are known and not. */
export const anyDocument: fc.Arbitrary<EdnMap> = fc
  .uniqueArray(
    fc.tuple(
      fc.oneof(
        qualified,
        fc.constantFrom(
          'tech.jgood.gleanmo.schema.meta/type',
          'tech.jgood.gleanmo.schema/type',
          'tech.jgood.gleanmo.schema.meta/created-at',
          'user/id',
          'xt/id',
          'habit-log/habit-ids',
          'habit-log/notes',
          'exercise-set/beginning',
          'exercise-set.interval/beginning',
          'medication-log/dosage',
          'symptom-log/qualifiers',
          'cruddy/num',
          'task/due-on',
          'bm-log/mucus',
        ),
      ),
      fc.oneof(
        anyEdn,
        fc
          .constantFrom('habit-log', 'exercise-set', 'medication-log', 'user', 'cruddy', 'bm_log', 'bm-log', 'odd')
          .map((type) => new Keyword(type)),
      ),
    ),
    { maxLength: 8, selector: ([key]) => key },
  )
  .map(
    (entries) =>
      new EdnMap(
        entries.map(([key]) => new Keyword(key)),
        entries.map(([, value]) => value),
      ),
  );
