import { localDay, localTime, shortDay } from './local-day.ts';

/** How fresh the numbers on a screen are, and in which zone its days begin. @param props.as_of null: never refreshed */
export function Freshness({ as_of, time_zone }: { as_of: string | null; time_zone: string }) {
  const zone = time_zone.replaceAll('_', ' ');
  if (as_of === null) return <>Not counted yet, {zone}</>;
  const at_ms = Date.parse(as_of);
  const day = localDay(at_ms, time_zone);
  const today = localDay(Date.now(), time_zone);
  return (
    <>
      As of {day === today ? '' : `${shortDay(day, today)}, `}
      {localTime(at_ms, time_zone)}, {zone}
    </>
  );
}
