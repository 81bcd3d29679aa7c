/** Steps through the years, or picks one that has records. */
export function YearChoice(props: { year: number; years: readonly number[]; choose: (year: number) => void }) {
  const { year, choose } = props;
  const years = [...new Set([...props.years, year])].sort((a, b) => b - a);
  return (
    <div className="field">
      <label htmlFor="year">Year</label>
      <div className="stepper">
        <button type="button" aria-label="The year before" onClick={() => choose(year - 1)}>
          ‹
        </button>
        <select id="year" value={year} onChange={(event) => choose(Number(event.target.value))}>
          {years.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
        <button type="button" aria-label="The year after" onClick={() => choose(year + 1)}>
          ›
        </button>
      </div>
    </div>
  );
}
