import { isTimeZone } from '../../domain/time/zoned-time.ts';
import { useRecords } from '../data/use-records.ts';

const OWN_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zone that the user's settings name, else this device's. */
export function useTimeZone(): string {
  const [user] = useRecords('user').records;
  const zone = user?.time_zone;
  return typeof zone === 'string' && isTimeZone(zone) ? zone : OWN_ZONE;
}
