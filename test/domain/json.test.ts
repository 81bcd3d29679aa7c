import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonNumber } from '../../src/domain/json/json-value.ts';
import { JsonSyntaxError, MAX_JSON_DEPTH, parseJson } from '../../src/domain/json/parse-json.ts';
import { writeJson } from '../../src/domain/json/write-json.ts';

describe('JSON without loss', () => {
  test.each(['9007199254740993', '-9223372036854775808', '5.0', '1.50', '1e400', '1E5', '-0', '0.1234567890123456789'])(
    'keeps the digits of %s',
    (text) => {
      expect(parseJson(text)).toEqual(new JsonNumber(text));
      expect(writeJson(parseJson(`[${text}]`))).toBe(`[${text}]`);
    },
  );

  test('is what JSON.parse reads, where that loses nothing', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), fc.constantFrom(0, 1, '\t'), (text, indent) => {
        const pretty = JSON.stringify(JSON.parse(text), null, indent);
        return JSON.stringify(JSON.parse(writeJson(parseJson(pretty)))) === JSON.stringify(JSON.parse(pretty));
      }),
    );
  });

  test('takes and refuses the texts that JSON.parse does', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"\\u00e9"',
      '"\\x"',
      '1',
      '-',
      '0',
      '.5',
      'e5',
      'true',
      'null',
      ' ',
      '\n',
      '\u00a0',
      '"',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 8 }), (tokens) => {
        const text = tokens.join('');
        const takes = (parse: (text: string) => unknown): boolean => {
          try {
            parse(text);
            return true;
          } catch (error) {
            if (error instanceof SyntaxError || error instanceof JsonSyntaxError) return false;
            throw error;
          }
        };
        return takes(parseJson) === takes(JSON.parse);
      }),
      { numRuns: 10_000 },
    );
  });

  test('takes prototype names for keys like any other, and of two the last', () => {
    const text = '{"__proto__":{"a":1},"constructor":2}';
    expect(writeJson(parseJson(text))).toBe(text);
    expect(writeJson(parseJson('{"a":1,"a":2}'))).toBe('{"a":2}');
  });

  test.each(['[', '{"a":'])('refuses %s a hundred thousand times', (opening) => {
    expect(() => parseJson(opening.repeat(100_000))).toThrow(`nested deeper than ${MAX_JSON_DEPTH}`);
  });

  test('says where the text went wrong', () => {
    expect(() => parseJson('{"a": nope}')).toThrow('unexpected "n" at offset 6');
    expect(() => parseJson('[1 2]')).toThrow('expected "," or "]" at offset 3');
    expect(() => parseJson('')).toThrow('the text ends where a value should be at offset 0');
  });
});
