import { defineAnalytic } from '../define-analytic.ts';

export const expireIdempotencyKeys = defineAnalytic({
  name: 'expire_idempotency_keys',
  kind: 'housekeeping',
  cadence_s: 3_600,
  serves: 'room: keys that no client will send again',
});
