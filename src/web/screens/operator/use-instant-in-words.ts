import { useMemo } from 'react';
import { localDay, localTime, shortDay } from '../../time/local-day.ts';
import { useTimeZone } from '../../time/use-time-zone.ts';

/** Words for an instant: the day and the time, in the person's zone. */
export function useInstantInWords(): (instant: string) => string {
  const time_zone = useTimeZone();
  return useMemo(() => {
    const today = localDay(Date.now(), time_zone);
    return (instant) => {
      const ms = Date.parse(instant);
      return `${shortDay(localDay(ms, time_zone), today)}, ${localTime(ms, time_zone)}`;
    };
  }, [time_zone]);
}
