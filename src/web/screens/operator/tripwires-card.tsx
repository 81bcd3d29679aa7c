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
              <th scope="col" className="number">
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
      <td className="number">{wire.value.toLocaleString('en', { maximumFractionDigits: 1 })}</td>
      <td className="number">{wire.limit.toLocaleString('en')}</td>
      <td className="number">
        {trend === null ? '–' : `${trend > 0 ? '+' : ''}${Math.round(trend).toLocaleString('en')}`}
      </td>
      <td className="tripwire-state" data-tripped={wire.tripped}>
        {wire.tripped ? 'Tripped' : 'In order'}
      </td>
    </tr>
  );
}
