import type { HeatLevel } from './heat-levels.ts';
import type { Measure } from './measure.ts';

export function HeatmapLegend({ levels, measure }: { levels: readonly HeatLevel[]; measure: Measure }) {
  if (levels.length === 0) return null;
  return (
    <ul className="legend" aria-label={measure === 'minutes' ? 'Minutes a day' : 'Records a day'}>
      {levels.map((level) => (
        <li key={level.min}>
          <span className="legend-colour" style={{ background: `var(${level.colour})` }} />
          {range(level)}
        </li>
      ))}
      <li>{measure === 'minutes' ? 'minutes a day' : 'a day'}</li>
    </ul>
  );
}

function range({ min, max }: HeatLevel): string {
  if (!Number.isFinite(max)) return `${min}+`;
  return min === max ? String(min) : `${min}–${max}`;
}
