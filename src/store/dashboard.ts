import type { Database } from './database.ts';
import { type Shown, shownBits } from './visibility.ts';

export interface DashboardRequest {
  readonly entity_types: readonly string[];
  /** The first and the last local day, as 2026-07-01. */
  readonly from: string;
  readonly to: string;
  /** Sensitive and archived records and things, if asked for; deleted ones never. */
  readonly shown: Shown;
  /** Whether measures come with a point a day. */
  readonly with_points: boolean;
}

/** Eight charts of one answer. Days are local, minutes are of intervals (running timers up to now), months are named by their first day. */
export interface Dashboard {
  readonly time_zone: string;
  readonly as_of: string;
  readonly rolled_up_at: string | null;
  readonly lag_ms: number | null;
  /** When streaks, months and durations were computed; null: not yet. */
  readonly views_as_of: Record<'habit_streaks' | 'monthly_summary' | 'duration_profile', string | null>;
  readonly days: { day: string; records: number; minutes: number }[];
  readonly types: { entity_type: string; records: number; minutes: number; active_days: number }[];
  /** What the records are about, most minutes and records first. */
  readonly related: {
    id: string;
    entity_type: string;
    label: string | null;
    records: number;
    minutes: number;
    active_days: number;
    last_day: string;
  }[];
  readonly measures: {
    entity_type: string;
    field: string;
    unit: string;
    of_id: string | null;
    of_label: string | null;
    count: number;
    sum: number;
    min: number;
    max: number;
    last: number;
    points: { day: string; count: number; sum: number; min: number; max: number; last: number }[] | null;
  }[];
  /** Weekday 1 is Monday. */
  readonly hours: { weekday: number; hour: number; records: number }[];
  readonly task_flow: { day: string; created: number; done: number; snoozed: number }[];
  readonly streaks: {
    habit_id: string;
    label: string | null;
    days: number;
    last_day: string;
    current_streak_days: number;
    longest_streak_days: number;
    longest_streak_from: string;
    longest_gap_days: number;
    longest_gap_from: string | null;
  }[];
  readonly months: {
    entity_type: string;
    month: string;
    records: number;
    minutes: number;
    active_days: number;
    busiest_day: string;
  }[];
  readonly durations: {
    entity_type: string;
    month: string;
    records: number;
    median_minutes: number;
    p90_minutes: number;
    p99_minutes: number;
    longest_minutes: number;
  }[];
}

/** All charts in one statement, from rollups and views: in proportion to the days asked for, not to what is stored. */
export async function dashboard(database: Database, userId: string, request: DashboardRequest): Promise<Dashboard> {
  const [row] = await database.read<{ dashboard: string }>('dashboard', userId, DASHBOARD, [
    userId,
    request.entity_types,
    request.from,
    request.to,
    shownBits(request.shown),
    request.with_points,
  ]);
  return JSON.parse(row?.dashboard ?? '{}');
}

const DASHBOARD =
  'select dashboard($1::uuid, $2::text[], $3::date, $4::date, $5::smallint, $6::boolean)::text as dashboard';
