import { useQuery } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import type { Tripwire } from '../../api.ts';
import { inWords } from '../../records/field-name.ts';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Skeleton } from '../../shell/skeleton.tsx';

/** The limits after which the design wants another look, with where they are now. */
export function TripwiresCard() {
  const { api } = useRouteContext({ from: '/app' });
  const tripwires = useQuery({ queryKey: ['ops', 'tripwires'], queryFn: ({ signal }) => api.tripwires(signal) });
  return (
    <section className="card chart-card" data-wide="true" aria-labelledby="tripwires-heading">
      <h2 id="tripwires-heading">Tripwires</h2>
      {tripwires.data === undefined ? (
        tripwires.isError ? (
          <FailureNotice error={tripwires.error} retry={() => tripwires.refetch()} />
        ) : (
          <Skeleton width="100%" height="12rem" />
        )
      ) : (
        <table className="days">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col" className="number">
                Now
              </th>
              <th scope="col" className="number">
                Limit
              </th>
              <th scope="col" className="number tripwire-trend">
                A day
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {tripwires.data.map((wire) => (
              <TripwireRow key={wire.name} wire={wire} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function TripwireRow({ wire }: { wire: Tripwire }) {
  const trend = wire.trend_per_day;
  return (
    <tr>
      <th scope="row">
        {inWords(wire.name)}
        {wire.detail !== null && <span className="record-about"> {wire.detail}</span>}
      </th>
      <td className="number">{inShort(wire.value)}</td>
      <td className="number">{inShort(wire.limit)}</td>
      <td className="number tripwire-trend">
        {trend === null ? '–' : `${trend > 0 ? '+' : ''}${inShort(Math.round(trend))}`}
      </td>
      <td className="tripwire-state" data-tripped={wire.tripped}>
        {wire.tripped ? 'Tripped' : 'In order'}
      </td>
    </tr>
  );
}

/** @example inShort(123_606_719) // '123.6M' */
function inShort(value: number): string {
  const notation = Math.abs(value) >= 1_000_000 ? 'compact' : 'standard';
  return value.toLocaleString('en', { notation, maximumFractionDigits: 1 });
}
