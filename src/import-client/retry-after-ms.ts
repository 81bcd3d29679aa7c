/** A header Retry-After in seconds, as milliseconds: 0 when it says nothing, a minute at most. */
export function retryAfterMs(header: string | null): number {
  const seconds = Number(header ?? 0);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1_000, 60_000) : 0;
}
