import { useRecords } from '../data/use-records.ts';
import { zoneOf } from './zone-of.ts';

/** The zone that the user's settings name, else this device's. */
export function useTimeZone(): string {
  const [user] = useRecords('user').records;
  return zoneOf(user);
}
