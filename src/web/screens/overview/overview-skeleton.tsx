import { Skeleton } from '../../shell/skeleton.tsx';

const ROWS = ['62%', '48%', '70%', '54%', '40%', '66%', '50%', '58%'];

/** The shape of the overview before it is here, so that nothing moves when it comes. */
export function OverviewSkeleton() {
  return (
    <>
      <header className="screen-header">
        <h1>Overview</h1>
        <p>
          <Skeleton width="14rem" />
        </p>
      </header>
      <div className="overview" role="status" aria-label="Loading the overview">
        <div className="overview-aside">
          <div className="card">
            <Skeleton width="5rem" />
            <Skeleton width="100%" height="3.5rem" />
          </div>
          <div className="card">
            <Skeleton width="5rem" />
            <Skeleton width="100%" height="9rem" />
          </div>
        </div>
        <div className="timeline">
          <div className="card day">
            {ROWS.map((width) => (
              <div className="record-row" key={width}>
                <Skeleton width="3rem" />
                <Skeleton width="2.25rem" height="2.25rem" />
                <Skeleton width={width} />
              </div>
            ))}
          </div>
        </div>
      </div>
    </>
  );
}
