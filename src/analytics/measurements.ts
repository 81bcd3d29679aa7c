/** What an isolate counts of itself. Plain JSON; two of them add up to one, so they can be gathered on the way to the database. */
export interface Measurements {
  /** By `route hour`. */
  readonly routes: Record<string, RouteStats>;
  /** By `name hour`. */
  readonly calls: Record<string, CallStats>;
  readonly slow: SlowCall[];
  /** The text of each slow statement by its name; values are $1, $2 …, never in it. */
  readonly statements: Record<string, string>;
}

interface Latencies {
  readonly hour: string;
  total_ms: number;
  max_ms: number;
  failed: number;
  /** Counts per power of two: the first under 1 ms, the next under 2, under 4 … */
  readonly histogram: number[];
}

interface RouteStats extends Latencies {
  readonly route: string;
  requests: number;
  refused: number;
}

interface CallStats extends Latencies {
  readonly name: string;
  calls: number;
  slow: number;
}

interface SlowCall {
  readonly at: string;
  readonly name: string;
  readonly duration_ms: number;
  /** Null when it failed. */
  readonly rows: number | null;
}

/** A call to the database as it went. */
export interface DatabaseCall {
  readonly name: string;
  readonly statement: string;
  /** Of `performance.now()`. */
  readonly began_ms: number;
  readonly duration_ms: number;
  readonly rows: number | null;
}

/** The last bucket takes what is left: over a minute. */
const BUCKETS = 18;
/** Bounds between two visits to the database: past them the oldest slow calls and the newest names are left out. */
const MAX_SLOW = 200;
const MAX_NAMES = 500;

/** Milliseconds after which a call to the database is kept one by one, from the setting SLOW_CALL_MS. */
export const slowAfter = (setting: string | undefined): number => Number(setting ?? 500);

export const noMeasurements = (): Measurements => ({ routes: {}, calls: {}, slow: [], statements: {} });

export const isEmpty = (measured: Measurements): boolean =>
  Object.keys(measured.routes).length === 0 && Object.keys(measured.calls).length === 0;

/** Counts a request that was answered. */
export function countRequest(
  to: Measurements,
  request: { readonly route: string; readonly status: number; readonly duration_ms: number },
  now: Date,
): void {
  const stats = room(to.routes, `${request.route} ${hourOf(now)}`, () => ({
    route: request.route,
    requests: 0,
    refused: 0,
    ...noLatencies(now),
  }));
  if (stats === null) return;
  stats.requests++;
  if (request.status >= 400 && request.status < 500) stats.refused++;
  addLatency(stats, request.duration_ms, request.status >= 500);
}

/** Counts a call to the database, and keeps it when it took longer than the limit. */
export function countCall(to: Measurements, call: DatabaseCall, slowAfter_ms: number, now: Date): void {
  const stats = room(to.calls, `${call.name} ${hourOf(now)}`, () => ({
    name: call.name,
    calls: 0,
    slow: 0,
    ...noLatencies(now),
  }));
  if (stats === null) return;
  stats.calls++;
  addLatency(stats, call.duration_ms, call.rows === null);
  if (call.duration_ms <= slowAfter_ms) return;
  stats.slow++;
  const { name, duration_ms, rows } = call;
  to.slow.push({ at: now.toISOString(), name, duration_ms, rows });
  if (to.slow.length > MAX_SLOW) to.slow.shift();
  to.statements[name] = call.statement;
}

/** The sum of both, in a new object. */
export function addMeasurements(one: Measurements, other: Measurements): Measurements {
  const sum = structuredClone(one);
  for (const [key, stats] of Object.entries(other.routes)) {
    const into = room(sum.routes, key, () => ({
      ...stats,
      requests: 0,
      refused: 0,
      ...noLatencies(new Date(stats.hour)),
    }));
    if (into === null) continue;
    into.requests += stats.requests;
    into.refused += stats.refused;
    addLatencies(into, stats);
  }
  for (const [key, stats] of Object.entries(other.calls)) {
    const into = room(sum.calls, key, () => ({ ...stats, calls: 0, slow: 0, ...noLatencies(new Date(stats.hour)) }));
    if (into === null) continue;
    into.calls += stats.calls;
    into.slow += stats.slow;
    addLatencies(into, stats);
  }
  return {
    ...sum,
    slow: [...sum.slow, ...other.slow].slice(-MAX_SLOW),
    statements: { ...sum.statements, ...other.statements },
  };
}

/** As the SQL function keep_measurements takes them. */
export const measurementsText = ({ routes, calls, slow, statements }: Measurements): string =>
  JSON.stringify({ routes: Object.values(routes), calls: Object.values(calls), slow, statements });

function room<Stats>(stats: Record<string, Stats>, key: string, make: () => Stats): Stats | null {
  const found = stats[key];
  if (found !== undefined) return found;
  if (Object.keys(stats).length >= MAX_NAMES) return null;
  const made = make();
  stats[key] = made;
  return made;
}

const hourOf = (now: Date): string => `${now.toISOString().slice(0, 13)}:00:00Z`;

const noLatencies = (now: Date): Latencies => ({
  hour: hourOf(now),
  total_ms: 0,
  max_ms: 0,
  failed: 0,
  histogram: Array<number>(BUCKETS).fill(0),
});

function addLatency(to: Latencies, duration_ms: number, failed: boolean): void {
  to.total_ms += duration_ms;
  to.max_ms = Math.max(to.max_ms, duration_ms);
  if (failed) to.failed++;
  const bucket = duration_ms < 1 ? 0 : Math.min(BUCKETS - 1, Math.floor(Math.log2(duration_ms)) + 1);
  to.histogram[bucket] = (to.histogram[bucket] ?? 0) + 1;
}

function addLatencies(to: Latencies, from: Latencies): void {
  to.total_ms += from.total_ms;
  to.max_ms = Math.max(to.max_ms, from.max_ms);
  to.failed += from.failed;
  for (const [bucket, count] of from.histogram.entries()) to.histogram[bucket] = (to.histogram[bucket] ?? 0) + count;
}
