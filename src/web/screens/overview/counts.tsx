import { Link } from '@tanstack/react-router';
import { type CSSProperties, useState } from 'react';
import type { Overview } from '../../api.ts';
import { CALENDAR_TYPES } from '../../records/calendar-types.ts';
import { typeAppearance } from '../../records/type-appearance.ts';

/** So many types are shown before someone asks for all. */
const FIRST_TYPES = 6;

/** How many records of each type there were today and in the last seven days, most first. */
export function Counts({ counts }: { counts: Overview['counts'] }) {
  const types = Object.keys({ ...counts.last_7_days, ...counts.today }).sort(
    (a, b) => (counts.last_7_days[b] ?? 0) - (counts.last_7_days[a] ?? 0) || a.localeCompare(b),
  );
  const [all, setAll] = useState(false);
  const most = Math.max(1, ...Object.values(counts.last_7_days));
  return (
    <section className="card" aria-labelledby="counts-heading">
      <h2 id="counts-heading">Last seven days</h2>
      {types.length === 0 ? (
        <p className="card-empty">
          No records in the last seven days. The <Link to="/calendar">calendar</Link> shows earlier ones.
        </p>
      ) : (
        <table className="counts">
          <thead>
            <tr>
              <th scope="col">Type</th>
              <th scope="col" className="number">
                Today
              </th>
              <th scope="col" className="number">
                7 days
              </th>
            </tr>
          </thead>
          <tbody>
            {types.slice(0, all ? types.length : FIRST_TYPES).map((type) => (
              <tr key={type}>
                <th scope="row">
                  <CountName type={type} />
                  <span
                    className="count-bar"
                    style={
                      {
                        '--share': (counts.last_7_days[type] ?? 0) / most,
                        '--hue': typeAppearance(type).hue,
                      } as CSSProperties
                    }
                  />
                </th>
                <td className="number">{counts.today[type] ?? 0}</td>
                <td className="number">{counts.last_7_days[type] ?? 0}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {types.length > FIRST_TYPES && (
        <button type="button" className="link-button" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${types.length} types`}
        </button>
      )}
    </section>
  );
}

function CountName({ type }: { type: string }) {
  const name = typeAppearance(type).many;
  if (!CALENDAR_TYPES.includes(type)) return <span>{name}</span>;
  return (
    <Link to="/calendar" search={{ type }} className="quiet-link">
      {name}
    </Link>
  );
}
