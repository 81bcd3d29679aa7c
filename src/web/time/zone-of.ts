import { isTimeZone } from '../../domain/time/zoned-time.ts';
import type { Doc } from '../data/operations.ts';

/** This device's. */
const OWN_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zone that a record names, as a log does by whose days it counts or a user's settings; else the given one. */
export function zoneOf(record: Doc | undefined, otherwise = OWN_ZONE): string {
  const zone = record?.time_zone;
  return typeof zone === 'string' && isTimeZone(zone) ? zone : otherwise;
}
