import type { EntityType } from '../../domain/define-entity-type.ts';
import { emptyJsonObject, type JsonObject, type JsonValue } from '../../domain/json/json-value.ts';
import { JsonSyntaxError, parseJson } from '../../domain/json/parse-json.ts';
import { type ColumnKind, columnOf } from './columns.ts';
import { readCsv } from './csv.ts';
import { parseSet } from './parse-filter.ts';
import { badOperand, RestProblem } from './rest-problem.ts';

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** CSV as rows of a type: each cell's text becomes a value of its column. Empty cells are left out. */
export function csvObjects(text: string, type: EntityType): JsonObject[] {
  const { header, lines } = readCsv(text);
  const kinds = header.map((name) => columnKind(type, name));
  return lines.map((cells) => {
    const row = emptyJsonObject();
    for (const [index, name] of header.entries()) {
      const cell = cells[index] ?? null;
      if (cell !== null) row[name] = cellValue(cell, kinds[index] ?? 'text');
    }
    return row;
  });
}

function columnKind(type: EntityType, name: string): ColumnKind {
  try {
    return columnOf(type, name).kind;
  } catch (error) {
    // What is no column is refused with the row, in the words for rows.
    if (error instanceof RestProblem) return 'text';
    throw error;
  }
}

function cellValue(cell: string, kind: ColumnKind): JsonValue {
  switch (kind) {
    case 'number':
      if (!JSON_NUMBER.test(cell)) throw badOperand('numeric', cell);
      return parseJson(cell);
    case 'boolean':
    case 'boolean_or_text':
      if (/^(true|t)$/i.test(cell)) return true;
      if (/^(false|f)$/i.test(cell)) return false;
      if (kind === 'boolean_or_text') return cell;
      throw badOperand('boolean', cell);
    case 'set':
      return cell.startsWith('{') ? parseSet(cell) : jsonCell(cell);
    case 'json':
      return jsonCell(cell);
    default:
      return cell;
  }
}

function jsonCell(cell: string): JsonValue {
  try {
    return parseJson(cell);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badOperand('json', cell);
    throw error;
  }
}
