/** A grey stand-in for something that is loading. */
export function Skeleton({ width, height }: { width: string; height?: string }) {
  return <span className="skeleton" style={{ width, ...(height !== undefined && { height }) }} />;
}
