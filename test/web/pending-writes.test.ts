import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

// The client's facts come from its build; these are those that the operations here look at.
vi.stubGlobal('ENTITY_TYPES', [
  {
    name: 'project_log',
    from: ['beginning'],
    until: 'end',
    is_personal: true,
    timeline: true,
    timer_parent: 'project_id',
    label: [],
    fields: [],
  },
]);
const { applyOperation, docOf, inverseOf, pointerTo } = await import('../../src/web/data/operations.ts');
type Operation = import('../../src/web/data/operations.ts').Operation;
type StoredRecord = import('../../src/web/data/operations.ts').StoredRecord;

const ID = '11111111-1111-4111-8111-111111111111';
const NOW = '2026-07-01T12:00:00Z';
const put = (doc: Record<string, string | number>): Operation => ({
  op: 'put',
  id: ID,
  entity_type: 'project_log',
  doc,
});

describe('a write before the server has answered', () => {
  it('puts a record on the time axis, running until it has an end', () => {
    const begun = applyOperation(null, put({ beginning: '2026-06-30T10:00:00Z' }), NOW);
    expect(begun).toMatchObject({ occurred_at: '2026-06-30T10:00:00Z', occurred_until: null, created_at: NOW });
    const end: Operation = { op: 'patch', id: ID, entity_type: 'project_log', set: { '/end': NOW }, unset: [] };
    expect(applyOperation(begun, end, NOW)).toMatchObject({ occurred_until: NOW });
  });

  it('is taken back exactly by its inverse, whatever it was', () => {
    const name = fc.constantFrom('a', 'b/c', '~d', 'end');
    const doc = fc.dictionary(name, fc.oneof(fc.string(), fc.integer()));
    const operation = fc.oneof(
      doc.map(put),
      fc.constant<Operation>({ op: 'delete', id: ID, entity_type: 'project_log' }),
      fc.tuple(doc, fc.uniqueArray(name)).map(
        ([set, unset]): Operation => ({
          op: 'patch',
          id: ID,
          entity_type: 'project_log',
          set: Object.fromEntries(Object.entries(set).map(([field, value]) => [pointerTo(field), value])),
          unset: unset.filter((field) => !Object.hasOwn(set, field)).map(pointerTo),
        }),
      ),
    );
    fc.assert(
      fc.property(doc, operation, fc.boolean(), (before_doc, written, is_stored) => {
        const before = applyOperation(null, put(before_doc), NOW) as StoredRecord;
        let record = applyOperation(before, written, NOW);
        for (const inverse of inverseOf([written], new Map([[ID, before]]), new Set(is_stored ? [ID] : [])))
          record = applyOperation(record, inverse, NOW);
        expect(record === null ? null : docOf(record)).toEqual(docOf(before));
      }),
    );
  });
});
