import { Skeleton } from '../../shell/skeleton.tsx';

const ROWS = ['62%', '48%', '70%', '54%', '40%', '66%', '50%', '58%', '44%', '60%'];

/** The shape of a list before it is here. */
export function ListSkeleton() {
  return (
    <div className="card table" role="status" aria-label="Loading the records">
      {ROWS.map((width) => (
        <div className="table-row skeleton-row" key={width}>
          <Skeleton width={width} />
        </div>
      ))}
    </div>
  );
}
