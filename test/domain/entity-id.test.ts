import { describe, expect, test } from 'vitest';
import { entityIdOf, entityIdOfHash, xtdbIdHash } from '../../src/domain/codec/entity-id.ts';
import { edn } from './edn-value.ts';

const UUID_V5 = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("XTDB's hash of an id", () => {
  // Printed by (str (xtdb.codec/new-id x)) of a real XTDB 1.24.5.
  test.each([
    [':foo', '0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33'],
    ['#uri "foo"', '0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33'],
    [':a/b', '3ec69c85a4ff96830024afeef2d4e512181c8f7b'],
    ['#uuid "11111111-1111-4111-8111-111111111111"', 'da9f5309f34b472789d4074bdd09bcb14ffb211e'],
    ['#uri "https://example.com/id/1"', 'fe445cdd8dec556050faee16eda3e32467abb0f8'],
    ['#uri "http://e.com/a/../b/./c"', '8028553fc65316d4b87eb1279049f2d9fb713764'],
    ['""', '2ace62c1befa19e3ea37dd52be9f6d508c5163e6'],
    ['"a"', '264fab4226a799162e5476161e1747e74814ba83'],
    ['"odd/155"', '917f6c319a53b560503c01a116a832d76b1c6367'],
    ['"ünï😀"', '031e2ef5443e6505a0b72e51d719673ced204d49'],
    [`"${'x'.repeat(127)}"`, '8f84c50bf4881e37add2ae6d84ab6142c138bd37'],
    [`"${'x'.repeat(128)}"`, '37a632529e5867131ad26557ae38ea4189aaad52'],
    [`"${'x'.repeat(256)}"`, '12426ec869f5b874e5f686635721a2e3a8a43b49'],
    [`"${'x'.repeat(40_000)}"`, 'e97744328900946788f322c8ab6045415d37a777'],
    ['0', '5ba93c9db0cff93f52b521d7420e43f6eda2784f'],
    ['1', '2fc2e8be61e3ead3e1a973f0b9a14f96e2c97cdc'],
    ['-1', '1060e63fe55479aa1abd11c9092df1ee0c3a2c4c'],
    ['-7', 'b70a623dd88847cf220efef06f45052428256479'],
    ['42', '3a96199e84cde6b054db49b54f6668223c3a20fd'],
    ['127', 'c3515e4c1ad772848ace725896b1ada5ea6fb45d'],
    ['128', 'afe3d3ea03987f81f6917fb11f00840ee26d2dd5'],
    ['-128', '762f1975c7fb6f027ffb461146757582e51efd88'],
    ['-129', 'f166437e40990d443debe8eab97923a3e2cb3e81'],
    ['32767', '5dbcf770c9c731816f95d7a9841cacbc00bb0a0f'],
    ['32768', 'd13d6a67560b9dfaaf1778777481acf522319f5b'],
    ['-32769', '9007b0a05c5ddaf26941e5677a154ed6465e56ff'],
    ['1000082', '766073d89e5c29867f552d2c118c25b7de64d284'],
    ['2147483647', '859816cde239ab967668d4f292f7a03c1a211d9b'],
    ['2147483648', '1242c0a28fc7f2671c79a78af067348fcdfa9ae4'],
    ['-2147483649', 'ee7492db3d360c6899d5c94cb32dde682f593605'],
    ['9007199254740993', '2b3d3d1e94f80b4dcfa76b4d4a0695e7781d932d'],
    ['9223372036854775807', '8b1ab1cb38143ef9bdcb13889a95b93dec52acda'],
    ['-9223372036854775808', 'e9bc38d6eb6f508c59bf4670a25039a4759cff77'],
    ['1N', 'cbe15cd1e84bcb88489354c562a5035f9ab0c886'],
    ['-5N', '521303ee0f3cb70dd9699ba68ffa971bce3fe192'],
    ['12345678901234567890N', 'dc796feac439c884481bb4525d455d29fd8c2310'],
    ['1M', '31fc6a5ac33084747502a7ae4568501cacd700b0'],
    ['1.50M', '4b5e59d3c972da3e8e1b0e9832dd4447c1acd32f'],
    ['-0.001M', 'f6aff372423be01b1a2035bb252adb11a69352be'],
    ['1E+30M', '2880b35da0c20f8cbfcc680efbe4554db0d4b78b'],
    ['0E-10M', '9eb085a16b6f670c500f0b160f02204a516b7e7a'],
    ['1.0', '6a20bfe8dfab3de0e63f58d2af9a3a207c002301'],
    ['0.0', '902ba3cda1883801594b6e1b452790cc53948fda'],
    ['1.5', 'cd3f3475c11770b599ccecc6d0f8b163ed190975'],
    ['-2.25', 'b042e1af08a921fcc5fb322a0184d5e337da0403'],
    ['1/3', 'c39b4f5dbc9e576447fb6d9af6771d5544122214'],
    ['true', '8d883f1577ca8c334b7c6d75ccb71209d71ced13'],
    ['false', 'ac9231da4082430afe8f4d40127814c613648d8e'],
    ['\\a', '8089c962b423a1e239480459456a09f2b124af80'],
    ['\\newline', '8ebb57f4aa5a5a8e85e97f207a8ec2d258e98f8e'],
    ['#inst "2020-01-01"', 'c9fc190befe04af86448242c1283a75c7c162937'],
    ['#inst "1960-01-01"', '773a5e012217268090ca748e38e65cd12b2016c4'],
    ['{}', '281559e034cab9f30b87eb278d1b48889c82c32c'],
    ['{:a 1}', '61f8235788788df22c0d9bbe53315a2fa3761e59'],
    ['{:b 2, :a 1}', 'be2d16ea83598e8153c2e4e7eba0e21fa6008011'],
    ['{:user/email "maya@example.com"}', '808cace0ca1ebe32fbd2a0429be8fc6a8d5ff549'],
    ['#xtdb/id "75af8bd8b73b20bc7bcd62053b3ff406a6de7541"', '75af8bd8b73b20bc7bcd62053b3ff406a6de7541'],
  ])('%s', (id, hash) => {
    expect(xtdbIdHash(edn(id))).toBe(hash);
  });

  test('is not known of a map with unlike keys', () => {
    expect(xtdbIdHash(edn('{"z" 1, :a {:c #{1 3 2}}}'))).toBeNull();
  });
});

describe('the UUID of an entity', () => {
  test('is its own where it has one', () => {
    const uuid = 'a58626f1-e158-4bc5-a050-e9dafb06c81c';
    expect(entityIdOf(edn(`#uuid "${uuid}"`))).toBe(uuid);
    expect(entityIdOf(edn(`:${uuid}`))).toBe(uuid);
    expect(entityIdOf(edn(`#uri "${uuid}"`))).toBe(uuid);
    expect(entityIdOf(edn(`"${uuid}"`))).not.toBe(uuid);
  });

  test('is one of version 5, the same from the hash alone', () => {
    for (const id of [':foo', '42', '"a"', '{:user/email "maya@example.com"}']) {
      const uuid = entityIdOf(edn(id));
      expect(uuid).toMatch(UUID_V5);
      expect(entityIdOf(edn(`#xtdb/id "${xtdbIdHash(edn(id))}"`))).toBe(uuid);
      expect(entityIdOfHash(xtdbIdHash(edn(id)) ?? '')).toBe(uuid);
    }
  });

  test('differs wherever XTDB tells ids apart, and nowhere else', () => {
    const apart = [
      '1',
      '1N',
      '1.0',
      '"1"',
      ':1',
      '1M',
      '1.0M',
      '\\1',
      'true',
      '"true"',
      ':true',
      '{}',
      '{"a" 1}',
      '{:a 1}',
      '{[1] 1}',
      '{#{1} 1}',
    ];
    expect(new Set(apart.map((id) => entityIdOf(edn(id)))).size).toBe(apart.length);
    expect(entityIdOf(edn(':foo'))).toBe(entityIdOf(edn('#uri "foo"')));
    expect(entityIdOf(edn('{:a 1, [2] 3}'))).toBe(entityIdOf(edn('{[2] 3, :a 1}')));
  });
});
