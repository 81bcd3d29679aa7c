import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { EntityType } from '../../src/domain/define-entity-type.ts';
import { docSchema } from '../../src/domain/doc-schema.ts';
import { entityType, entityTypeOfXtdbName, isEntityTypeName } from '../../src/domain/entity-type.ts';
import { entityTypeFacts } from '../../src/domain/entity-type-facts.ts';
import { entityTypes } from '../../src/domain/entity-types.generated.ts';
import { currentRegistry, entityTypeRegistry } from '../../src/local/generate-entity-types.ts';

const domain = new URL('../../src/domain/', import.meta.url);
const all: readonly EntityType[] = Object.values<EntityType>(entityTypes);

describe('the registry', () => {
  test('is what `npm run generate` makes of the folder', () => {
    expect(readFileSync(new URL('entity-types.generated.ts', domain), 'utf8')).toBe(currentRegistry());
  });

  test('takes a new type from its file alone', () => {
    expect(entityTypeRegistry(['habit-log.ts', 'README.md', 'book.ts'])).toContain('  habit_log: habitLog,');
  });

  test('has each type under its own name, from the file of that name', () => {
    expect(Object.keys(entityTypes).sort()).toEqual(
      readdirSync(new URL('entity-types/', domain))
        .map((file) => file.replace('.ts', '').replaceAll('-', '_'))
        .sort(),
    );
    for (const [name, type] of Object.entries(entityTypes)) expect(type.name).toBe(name);
  });

  test('finds types by either name, and no others', () => {
    expect(entityType('habit_log')).toBe(entityTypes.habit_log);
    expect(entityTypeOfXtdbName('habit-log')).toBe(entityTypes.habit_log);
    expect([entityType('habit-log'), entityType('__proto__'), entityType('constructor')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(isEntityTypeName('toString')).toBe(false);
  });
});

describe.each(all.map((type) => [type.name, type] as const))('%s', (_, type) => {
  const fields = type.fields;

  test('names only fields that it has', () => {
    const axis = type.axis === undefined ? [] : Object.values<string | readonly string[]>(type.axis).flat();
    const named = [...type.label, ...axis, ...(type.timer === undefined ? [] : [type.timer.parent])];
    expect(named.filter((name) => !Object.hasOwn(fields, name) && name !== 'created_at')).toEqual([]);
  });

  test('has fields of snake_case that no envelope name hides', () => {
    const envelope = [
      'id',
      'entity_type',
      'user_id',
      'version',
      'occurred_at',
      'occurred_until',
      'created_at',
      'updated_at',
      'deleted_at',
    ];
    for (const name of Object.keys(fields)) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(envelope).not.toContain(name);
    }
  });

  test('has no two fields of one XTDB attribute', () => {
    const attributes = Object.entries(fields).flatMap(([name, { facts }]) => facts.attributes ?? [`own/${name}`]);
    expect(new Set(attributes).size).toBe(attributes.length);
  });

  test('relates to types that there are', () => {
    for (const { facts } of Object.values(fields))
      if (facts.target !== undefined) expect(isEntityTypeName(facts.target)).toBe(true);
  });

  test('has a JSON Schema', () => {
    const schema = z.toJSONSchema(docSchema(type));
    expect(Object.keys(schema.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(fields)));
  });
});

test('the facts for the database are plain JSON, one a type', () => {
  const facts = entityTypeFacts();
  expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
  expect(facts).toHaveLength(all.length);
  expect(facts.find(({ name }) => name === 'habit_log')).toEqual({
    name: 'habit_log',
    xtdb_name: 'habit-log',
    axis_from: ['timestamp'],
    axis_until: null,
    label_fields: [],
    relations: [{ field: 'habit_ids', target: 'habit', many: true }],
    timeline: true,
    timer_parent: null,
    time_zone_field: 'time_zone',
    measures: [],
  });
  expect(facts.find(({ name }) => name === 'task')?.axis_from).toEqual(['done_at', 'created_at']);
  expect(facts.find(({ name }) => name === 'project_log')).toMatchObject({
    axis_until: 'end',
    timer_parent: 'project_id',
  });
});
