import type { EChartsCoreOption } from 'echarts/core';
import { type ReactNode, useId } from 'react';
import { saveFile } from '../shell/save-file.ts';
import { Chart, type ChartColours } from './chart.tsx';
import { csvText } from './csv-text.ts';

export interface ChartTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

export interface ChartCardProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly option: (colours: ChartColours) => EChartsCoreOption;
  readonly height_px?: number;
  /** The same numbers, to read and to take along. */
  readonly table: ChartTable;
  readonly is_wide?: boolean;
}

const HEIGHT_PX = 220;

/** A chart, the numbers behind it as a table, and as a CSV file. */
export function ChartCard({ title, note, option, height_px = HEIGHT_PX, table, is_wide = false }: ChartCardProps) {
  const id = useId();
  return (
    <section className="card chart-card" aria-labelledby={id} data-wide={is_wide}>
      <header className="chart-head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && <p className="settings-note">{note}</p>}
      </header>
      <Chart option={option} height_px={height_px} />
      <details className="chart-table">
        <summary>Numbers</summary>
        <button
          type="button"
          className="link-button"
          onClick={() =>
            saveFile(`${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.csv`, [csvText(table)], 'text/csv')
          }
        >
          Download as CSV
        </button>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
        <section className="chart-scroll" tabIndex={0} aria-label={`${title}, numbers`}>
          <table>
            <thead>
              <tr>
                {table.columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two rows may say the same, and are two
                <tr key={place}>
                  {row.map((cell, i) => (
                    <td key={table.columns[i]} className={typeof cell === 'number' ? 'number' : ''}>
                      {typeof cell === 'number' ? cell.toLocaleString('en') : (cell ?? '–')}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </section>
  );
}
