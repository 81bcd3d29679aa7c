interface NumbersTableProps {
  /** What a screen reader calls it. */
  readonly label: string;
  readonly columns: readonly string[];
  /** No two alike. */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** A table of names and numbers that scrolls in its card. */
export function NumbersTable(props: NumbersTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className="chart-scroll" tabIndex={0} aria-label={props.label}>
      <table>
        <thead>
          <tr>
            {props.columns.map((column, i) => (
              <th key={column} scope="col" className={i === 0 ? '' : 'number'}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two rows may say the same, and are two
            <tr key={place}>
              {row.map((cell, i) => (
                <td key={props.columns[i]} className={typeof cell === 'number' ? 'number' : ''}>
                  {typeof cell === 'number' ? cell.toLocaleString('en', { maximumFractionDigits: 1 }) : (cell ?? '–')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
