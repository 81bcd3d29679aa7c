import { describe, expect, it, vi } from 'vitest';

const field = (name: string, kind: string, more: object = {}) => ({
  name,
  kind,
  values: null,
  target: null,
  unit: null,
  is_optional: false,
  is_nullable: false,
  ...more,
});
const MEDICATION_LOG = {
  name: 'medication_log',
  from: ['timestamp'],
  until: null,
  is_personal: true,
  timeline: true,
  timer_parent: null,
  label: [],
  fields: [
    field('timestamp', 'instant'),
    field('medication_id', 'ref', { target: 'medication' }),
    field('dosage', 'double'),
    field('unit', 'keyword', { values: ['mg', 'ml', 'drop'] }),
    field('notes', 'text', { is_optional: true }),
  ],
};
// The client's facts come from its build; these are those of the one type here.
vi.stubGlobal('ENTITY_TYPES', [MEDICATION_LOG]);
const { newValues, patchOf, withField } = await import('../../src/web/forms/form-values.ts');
const { typeFacts } = await import('../../src/web/records/type-facts.ts');
const { RecordStore } = await import('../../src/web/data/record-store.ts');

const NOW = '2026-07-01T12:00:00Z';
const IBUPROFEN = '11111111-1111-4111-8111-111111111111';
const VITAMIN = '22222222-2222-4222-8222-222222222222';

/** A store that knows a dose of 400 mg and one of 20 drops. */
function store() {
  const unused = () => Promise.reject(new Error('Nothing is asked of the server here.'));
  const known = new RecordStore({ api: { entities: unused, entitiesById: unused, entity: unused }, database: null });
  const taken = (id: string, medication_id: string, dosage: number, unit: string) => ({
    op: 'put' as const,
    id,
    entity_type: 'medication_log',
    doc: { timestamp: NOW, medication_id, dosage, unit },
  });
  const operations = [taken('a', IBUPROFEN, 400, 'mg'), taken('b', VITAMIN, 20, 'drop')];
  known.overlay([{ key: 'k', order: Date.parse(NOW), title: 'Taken', operations, refusal: null }]);
  return known;
}

describe('the form of a new record', () => {
  const valuesOf = (touched: Record<string, string | number | undefined>) =>
    newValues(
      typeFacts('medication_log'),
      { now: NOW, time_zone: 'UTC', parent: null, store: store() },
      new Map(Object.entries(touched)),
    );

  it('has the amounts of the last record about the same thing', () => {
    expect(valuesOf({})).toEqual({ timestamp: NOW });
    expect(valuesOf({ medication_id: IBUPROFEN })).toMatchObject({ dosage: 400, unit: 'mg' });
  });

  it('leaves an amount empty that somebody has cleared, and keeps one that was typed', () => {
    expect(valuesOf({ medication_id: IBUPROFEN, dosage: undefined })).not.toHaveProperty('dosage');
    expect(valuesOf({ medication_id: IBUPROFEN, dosage: 5 })).toMatchObject({ dosage: 5, unit: 'mg' });
    expect(valuesOf({ dosage: 5, medication_id: VITAMIN })).toMatchObject({ dosage: 5, unit: 'drop' });
  });

  it('takes no amount along from one thing to another', () => {
    expect(valuesOf({ medication_id: VITAMIN })).toMatchObject({ dosage: 20, unit: 'drop' });
    const unknown = valuesOf({ medication_id: '33333333-3333-4333-8333-333333333333' });
    expect(Object.keys(unknown).sort()).toEqual(['medication_id', 'timestamp']);
  });
});

describe('the values of a form', () => {
  it('lose a field that is cleared, and follow a change of what they are by then', () => {
    expect(withField({ a: 1, b: 2 }, 'a', undefined)).toEqual({ b: 2 });
    expect(withField({ ids: ['a'] }, 'ids', (now) => [...(Array.isArray(now) ? now : []), 'b'])).toEqual({
      ids: ['a', 'b'],
    });
  });

  it('are a patch of what differs from the record, and none when nothing does', () => {
    const record = store().get('a');
    if (record === null) throw new Error('The store has lost the record.');
    const rest = { timestamp: NOW, medication_id: IBUPROFEN, unit: 'mg' };
    expect(patchOf(record, { ...rest, dosage: 400 }, [])).toBeNull();
    expect(patchOf(record, { ...rest, notes: 'late' }, [])).toMatchObject({
      set: { '/notes': 'late' },
      unset: ['/dosage'],
      // Only this device has the record: it has no version yet, and the API takes no 0 for one.
      expected_version: null,
    });
    expect(patchOf({ ...record, version: 7 }, rest, [])).toMatchObject({ expected_version: 7 });
  });
});
