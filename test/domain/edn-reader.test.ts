import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalEdn, ednEquals } from '../../src/domain/edn/canonical.ts';
import { printEdn } from '../../src/domain/edn/print.ts';
import { MAX_EDN_DEPTH, readEdn } from '../../src/domain/edn/read.ts';
import { Char, EdnMap, EdnNumber, EdnSymbol, Keyword, List, Tagged } from '../../src/domain/edn/value.ts';
import { anyEdn, anyText } from './edn-arbitrary.ts';
import { edn } from './edn-value.ts';

const number = (kind: EdnNumber['kind'], text: string) => new EdnNumber(kind, text);

describe('reads', () => {
  test.each([
    ['0', number('long', '0')],
    ['-0', number('long', '0')],
    ['+5', number('long', '5')],
    ['9223372036854775807', number('long', '9223372036854775807')],
    ['9223372036854775808', number('bigint', '9223372036854775808')],
    ['-9223372036854775808', number('long', '-9223372036854775808')],
    ['-9223372036854775809', number('bigint', '-9223372036854775809')],
    ['5N', number('bigint', '5')],
    ['0x1F', number('long', '31')],
    ['017', number('long', '15')],
    ['2r101', number('long', '5')],
    ['36rZ', number('long', '35')],
    ['-0x10N', number('bigint', '-16')],
    ['2/4', number('ratio', '1/2')],
    ['4/2', number('long', '2')],
    ['1.50M', number('decimal', '1.50')],
    ['1E30M', number('decimal', '1E+30')],
    ['100E-2M', number('decimal', '1.00')],
    ['0.00000001M', number('decimal', '1E-8')],
    ['1.', number('double', '1.0')],
    ['1e3', number('double', '1000.0')],
    ['1e7', number('double', '1.0E7')],
    ['0.0001', number('double', '1.0E-4')],
    ['-0.0', number('double', '-0.0')],
    ['##Inf', number('double', 'Infinity')],
    ['##-Inf', number('double', '-Infinity')],
    ['##NaN', number('double', 'NaN')],
    ['\\newline', new Char('\n')],
    ['\\u2603', new Char('☃')],
    ['\\o101', new Char('A')],
    ['\\(', new Char('(')],
    ['\\ ', new Char(' ')],
    ['\\,', new Char(',')],
    ['\\u', new Char('u')],
    ['\\\0', new Char('\0')],
    ['"a\\u0041\\101\\0\\t"', 'aAA\0\t'],
    ['"\\uD800"', '\uD800'],
    ['"raw \0 \u2028"', 'raw \0 \u2028'],
    [':a/b', new Keyword('a/b')],
    [':1', new Keyword('1')],
    [':/', new Keyword('/')],
    ['nil', null],
    ['/', new EdnSymbol('/')],
    ['-', new EdnSymbol('-')],
    ['-a', new EdnSymbol('-a')],
    ['nilly', new EdnSymbol('nilly')],
    ['; a comment\n 5 ; and more', number('long', '5')],
    ['#_ 1 #_ #_ [2] 3 [4 #_5]', [number('long', '4')]],
    ['^{:doc "x"} ^:a [1]', [number('long', '1')]],
    ['(1,2)', new List([number('long', '1'), number('long', '2')])],
    ['#xtdb/instant "2024-01-01T01:00:00.100000+01:00"', new Tagged('time/instant', '2024-01-01T00:00:00.100Z')],
    ['#xtdb/zdt "x"', new Tagged('time/zoned-date-time', 'x')],
    ['#crux/id "ab"', new Tagged('xtdb/id', 'ab')],
    ['#uuid "A58626F1-E158-4BC5-A050-E9DAFB06C81C"', new Tagged('uuid', 'a58626f1-e158-4bc5-a050-e9dafb06c81c')],
    ['#unknown/tag [1]', new Tagged('unknown/tag', [number('long', '1')])],
  ])('%s', (text, value) => {
    expect(edn(text)).toEqual(value);
  });

  test('namespace maps: plain keys get it, _ keys lose it, others keep their own', () => {
    const keys = ['a/b', 'c', 'x/y'].map((name) => new Keyword(name));
    const expected = new EdnMap(
      [...keys, 'str'],
      ['1', '2', '3', '4'].map((text) => number('long', text)),
    );
    expect(edn('#:a{:b 1 :_/c 2 :x/y 3 "str" 4}')).toEqual(expected);
    expect(edn('#:a {:b 1 :_/c 2 :x/y 3 "str" 4}')).toEqual(expected);
  });
});

describe('refuses, with the place and the reason', () => {
  test.each([
    ['', 0, 'the text ends where a form should be'],
    ['1 2', 2, 'more text after the form'],
    ['[1 2', 0, '"[" is never closed'],
    [']', 0, '"]" closes nothing'],
    ['[1 }', 3, '"}" closes nothing'],
    ['"abc', 0, 'a string is never closed'],
    ['"a\\', 2, '"\\" is not an escape'],
    ['"a\\q"', 2, '"\\q" is not an escape'],
    ['"\\u12G4"', 1, '"\\u" is not an escape'],
    ['{:a}', 0, 'a map needs a value for every key'],
    ['{:a 1 :a 2}', 0, 'a map has this key twice: :a'],
    ['{[1] 1 [1] 2}', 0, 'a map has this key twice: [1]'],
    ['#{1 2 1}', 0, 'a set has this item twice: 1'],
    ['#{#{1 2} #{2 1}}', 0, 'a set has this item twice: #{1 2}'],
    ['\ufeff{:a 1}', 0, 'a byte order mark stands before the form: take it off'],
    ['1a', 0, '"1a" is not a number'],
    ['09', 0, '"09" is not a number'],
    ['1/0', 0, 'a ratio divides by zero'],
    ['1E99999999999M', 0, '"1E99999999999M" is not a number'],
    ['::a', 0, '"::a" is not a keyword'],
    [':', 0, '":" is not a keyword'],
    ['a/', 0, '"a/" is not a symbol'],
    ['\\abc', 0, '"\\abc" is not a character'],
    ['##x', 0, '"##x" is none of ##Inf, ##-Inf, ##NaN'],
    ['#::a{:b 1}', 0, 'a namespace map needs a plain namespace, as in #:a{:b 1}'],
    ['#:a 5', 4, 'a namespace map needs a map'],
    ['#"regex"', 0, '"#" is not a tag'],
    ['#inst 5', 0, '#inst needs a string'],
    ['#inst "2024-02-30"', 0, '#inst does not fit "2024-02-30"'],
    ['#time/instant "2023-02-29T00:00:00Z"', 0, '#time/instant does not fit "2023-02-29T00:00:00Z"'],
    ['#time/date "2023-13-01"', 0, '#time/date does not fit "2023-13-01"'],
    ['#uuid "x"', 0, '#uuid does not fit "x"'],
    ['#xtdb/base64 "A"', 0, '#xtdb/base64 does not fit "A"'],
  ])('%s', (text, offset, reason) => {
    expect(readEdn(text)).toEqual({ ok: false, error: { offset, reason } });
  });

  test.each(['[', '(', '{', '#{', '{:a ', '#a ', '#_ ', '^a ', '[#_'])('%s a hundred thousand times', (opening) => {
    const read = readEdn(opening.repeat(100_000));
    expect(read).toMatchObject({ ok: false, error: { reason: `nested deeper than ${MAX_EDN_DEPTH}` } });
  });

  test('any text: it is read or refused, never more', () => {
    const token = fc.constantFrom(
      ...'[](){}#:\\"^_/;,. \n01NMeE+-abux'.split(''),
      '#{',
      '#:',
      '##',
      '#_',
      '#inst ',
      '\\u',
      '"a"',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.array(token, { maxLength: 30 }).map((parts) => parts.join('')),
        ),
        (text) => {
          const read = readEdn(text);
          return read.ok ? ednEquals(edn(printEdn(read.value)), read.value) : read.error.reason !== '';
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

test('a value is read back as it was printed', () => {
  fc.assert(
    fc.property(anyEdn, (value) => ednEquals(edn(printEdn(value)), value)),
    { numRuns: 2_000 },
  );
});

test('printed text is fit for a line of UTF-8: no lone surrogate, no raw line end', () => {
  fc.assert(
    fc.property(anyEdn, (value) => {
      const text = printEdn(value);
      return text.isWellFormed() && !/\n/.test(text.replaceAll('\\\n', ''));
    }),
  );
});

describe('values are equal', () => {
  test('whatever the order of sets and maps', () => {
    expect(ednEquals(edn('{:a #{1 2 [3 #{4 5}]}, "b" 2}'), edn('{"b" 2, :a #{[3 #{5 4}] 2 1}}'))).toBe(true);
  });

  test('only with the same types', () => {
    const different = [
      '1',
      '1N',
      '1.0',
      '1M',
      '1.0M',
      '"1"',
      ':1',
      '\\1',
      '[1]',
      '(1)',
      '#{1}',
      'nil',
      'false',
      'a',
      ':a',
      '"a"',
      '#a 1',
      '0.0',
      '-0.0',
    ];
    expect(new Set(different.map((text) => canonicalEdn(edn(text)))).size).toBe(different.length);
  });

  test('when XTDB and java.time print them under other tags', () => {
    expect(ednEquals(edn('#xtdb/local-date "2024-01-01"'), edn('#time/date "2024-01-01"'))).toBe(true);
    expect(ednEquals(edn('##NaN'), edn('##NaN'))).toBe(true);
  });
});
