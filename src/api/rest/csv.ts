import { isJsonObject, JsonNumber, type JsonValue } from '../../domain/json/json-value.ts';
import { parseJson } from '../../domain/json/parse-json.ts';
import { writeJson } from '../../domain/json/write-json.ts';
import { RestProblem } from './rest-problem.ts';

/**
 * Rows as CSV (RFC 4180) with a header line. What is null or missing is empty, sets and maps are JSON.
 * @param rows JSON texts of objects @param columns the header; names that rows have beside it are added
 */
export function writeCsv(rows: readonly string[], columns: readonly string[]): string {
  const objects = rows.map((row) => parseJson(row)).filter(isJsonObject);
  const header = [...new Set([...columns, ...objects.flatMap((row) => Object.keys(row))])];
  const lines = [header.map(cell), ...objects.map((row) => header.map((name) => cell(row[name] ?? null)))];
  return lines.map((line) => line.join(',')).join('\n');
}

function cell(value: JsonValue): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? value : value instanceof JsonNumber ? value.text : writeJson(value);
  return text === '' || /[",\r\n]/.test(text) || text.trim() !== text ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A cell as it is written: `null` is an empty one without quotes, or NULL, as in PostgREST. */
export type Cell = string | null;

/** @throws RestProblem PGRST102 for lines of unequal length or a quote that is not closed */
export function readCsv(text: string): { header: string[]; lines: Cell[][] } {
  const lines: Cell[][] = [];
  let line: Cell[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(text);
    if (found === null) throw unreadableCsv(`a cell cannot be read at offset ${at}`);
    const [, quoted, bare = '', end] = found;
    line.push(quoted !== undefined ? quoted.replaceAll('""', '"') : bare === '' || bare === 'NULL' ? null : bare);
    // A line may end in a comma at the very end of the text.
    if (end === ',' && pattern.lastIndex < text.length) continue;
    if (end === ',') line.push(null);
    lines.push(line);
    line = [];
  }
  const [header = [], ...rest] = lines;
  const filled = rest.filter((cells) => cells.length > 1 || cells[0] !== null || header.length === 1);
  for (const cells of filled) {
    if (cells.length !== header.length)
      throw unreadableCsv(`a line has ${cells.length} cells and the header ${header.length}`);
  }
  return { header: header.map((name) => name ?? ''), lines: filled };
}

const unreadableCsv = (details: string): RestProblem =>
  new RestProblem(400, 'PGRST102', 'The CSV cannot be read', { details });
