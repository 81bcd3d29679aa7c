import type { Dashboard } from '../../api.ts';
import type { StoredRecord } from '../../data/operations.ts';
import type { RecordStore } from '../../data/record-store.ts';
import { typeFacts } from '../../records/type-facts.ts';
import { isVisible, type Visibility } from '../../records/visibility.ts';
import { labelOf } from '../../records/with-labels.ts';
import { addDays, daysBetween, localDay } from '../../time/local-day.ts';
import { localDays, zoneOfDays } from '../calendar/local-heatmap.ts';
import type { Period } from './periods.ts';

/** As many as the API gives. */
const MAX_RELATED = 50;
const NUMBER_KINDS: ReadonlySet<string> = new Set(['long', 'double', 'number']);

interface Asked {
  readonly entity_type: string;
  readonly period: Period;
  readonly time_zone: string;
  readonly visibility: Visibility;
  /** The moment that it is of: running timers have minutes up to here. */
  readonly now_ms: number;
}

/** What is drawn of a dashboard. */
export type LocalDashboard = Pick<
  Dashboard,
  'days' | 'related' | 'measures' | 'hours' | 'streaks' | 'durations' | 'task_flow'
>;

/**
 * A dashboard as the API counts it, from the records that are here: for moments and places that the API has no rollups of. Only how
 * often tasks were put off is not among it: that is in the log alone.
 */
export function localDashboard(store: RecordStore, asked: Asked): LocalDashboard {
  const { entity_type, period, time_zone, visibility, now_ms } = asked;
  const type = typeFacts(entity_type);
  const relations = type.fields.filter(({ target }) => target !== null);
  const all = store
    .snapshot(entity_type)
    .records.filter((record) => isVisible(record, store, visibility))
    .map((record) => ({
      record,
      related: [...new Set(relations.flatMap(({ name }) => [record[name] ?? []].flat().filter(isText)))],
      days: localDays(record, time_zone, now_ms),
    }));
  const isInside = ({ day }: { day: string }): boolean => day >= period.from && day <= period.to;
  const inside = all.flatMap(({ days, ...rest }) =>
    days.filter(isInside).map((each) => ({ ...rest, ...each, is_first: each === days[0] })),
  );
  const begun = inside.filter(({ is_first }) => is_first).reverse();
  const labelOfId = (id: string): string | null => {
    const thing = store.get(id);
    return thing === null ? null : labelOf(thing);
  };

  const days = groups(inside, ({ day }) => day).map(([day, each]) => ({ day, ...sums(each) }));
  const by_related = inside.flatMap((each) => each.related.map((id) => ({ ...each, id })));
  const related = groups(by_related, ({ id }) => id)
    .filter(([id]) => store.get(id) !== null)
    .map(([id, each]) => {
      const active = new Set(each.map(({ day }) => day));
      const last_day = [...active].sort().at(-1) ?? '';
      const target = store.get(id)?.entity_type ?? '';
      return { id, entity_type: target, label: labelOfId(id), ...sums(each), active_days: active.size, last_day };
    })
    .sort((a, b) => b.minutes - a.minutes || b.records - a.records || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_RELATED);

  const timed = begun.filter(({ record }) => !isDate(record[type.from[0] ?? '']));
  const hours = groups(timed, ({ record, day }) => {
    const weekday = new Date(day).getUTCDay() || 7;
    return `${weekday} ${String(localHour(record, time_zone)).padStart(2, '0')}`;
  }).map(([key, each]) => ({ weekday: Number(key[0]), hour: Number(key.slice(2)), records: each.length }));

  // What a number is measured of is a thing: a thing has no time axis.
  const of_field = relations.find(({ target }) => typeFacts(target ?? '').from.length === 0)?.name ?? '';
  const numbers = type.fields.filter(({ name, kind }) => NUMBER_KINDS.has(kind) && !name.startsWith('airtable_'));
  const measured = numbers.flatMap(({ name, unit }) => {
    const unit_fields = [`${name}_unit`, `${name.split('_')[0]}_unit`, 'unit'];
    return begun.flatMap(({ record, day }) => {
      const value = record[name];
      if (typeof value !== 'number') return [];
      const own = unit_fields.map((field) => record[field]).find(isText);
      const of_id = record[of_field];
      return [{ field: name, unit: own ?? unit ?? '', of_id: isText(of_id) ? of_id : null, day, value }];
    });
  });
  const measures = groups(measured, ({ field, unit, of_id }) => `${field} ${unit} ${of_id ?? ''}`).flatMap(
    ([, each]) => {
      const [first] = each;
      if (first === undefined) return [];
      const { field, unit, of_id } = first;
      const points = groups(each, ({ day }) => day).map(([day, those]) => ({ day, ...extent(those) }));
      return [{ entity_type, field, unit, of_id, of_label: of_id && labelOfId(of_id), ...extent(each), points }];
    },
  );

  const lasting = all.flatMap(({ record }) => {
    const minutes = (Date.parse(record.occurred_until ?? '') - Date.parse(record.occurred_at)) / 60_000;
    const month = `${localDay(Date.parse(record.occurred_at), zoneOfDays(record, time_zone)).slice(0, 7)}-01`;
    return minutes > 0 && month >= `${period.from.slice(0, 7)}-01` && month <= period.to ? [{ month, minutes }] : [];
  });
  const durations = groups(lasting, ({ month }) => month).map(([month, each]) => {
    const sorted = each.map(({ minutes }) => minutes).sort((a, b) => a - b);
    return {
      entity_type,
      month,
      records: sorted.length,
      median_minutes: percentile(sorted, 0.5),
      p90_minutes: percentile(sorted, 0.9),
      p99_minutes: percentile(sorted, 0.99),
      longest_minutes: percentile(sorted, 1),
    };
  });
  const today = localDay(now_ms, time_zone);
  const logged = all.flatMap(({ related: ids, days: [first] }) =>
    first ? ids.map((id) => ({ id, day: first.day })) : [],
  );
  const streaks = groups(logged, ({ id }) => id)
    .filter(([id]) => store.get(id) !== null)
    .map(([id, each]) => ({
      habit_id: id,
      label: labelOfId(id),
      ...streakOf([...new Set(each.map(({ day }) => day))].sort(), today),
    }))
    .sort((a, b) =>
      a.last_day === b.last_day ? (a.habit_id < b.habit_id ? -1 : 1) : a.last_day < b.last_day ? 1 : -1,
    );
  const task_flow =
    entity_type === 'task'
      ? flowOf(
          all.map(({ record }) => record),
          time_zone,
        ).filter(isInside)
      : [];
  return { days, related, measures, hours, streaks, durations, task_flow };
}

/** What happened to tasks by day, in the user's own zone: a task has none. */
function flowOf(tasks: readonly StoredRecord[], time_zone: string): Dashboard['task_flow'] {
  const happened = tasks.flatMap(({ created_at, done_at }) => [
    { what: 'created', day: localDay(Date.parse(created_at), time_zone) },
    ...(isText(done_at) ? [{ what: 'done', day: localDay(Date.parse(done_at), time_zone) }] : []),
  ]);
  return groups(happened, ({ day }) => day).map(([day, each]) => {
    const created = each.filter(({ what }) => what === 'created').length;
    return { day, created, done: each.length - created, snoozed: null };
  });
}

/** @param days different ones, the first first, at least one */
function streakOf(days: readonly string[], today: string) {
  const [first = today] = days;
  const last_day = days.at(-1) ?? today;
  let [run_from, longest_streak_days, longest_streak_from] = [first, 1, first];
  let [longest_gap_days, longest_gap_from]: [number, string | null] = [0, null];
  let last = first;
  for (const day of days) {
    const gap_days = daysBetween(last, day) - 1;
    if (gap_days > 0) run_from = day;
    if (gap_days > 0 && gap_days >= longest_gap_days)
      [longest_gap_days, longest_gap_from] = [gap_days, addDays(last, 1)];
    const run_days = daysBetween(run_from, day) + 1;
    if (run_days >= longest_streak_days) [longest_streak_days, longest_streak_from] = [run_days, run_from];
    last = day;
  }
  const current_streak_days = last_day >= addDays(today, -1) ? daysBetween(run_from, last_day) + 1 : 0;
  return {
    days: days.length,
    last_day,
    current_streak_days,
    longest_streak_days,
    longest_streak_from,
    longest_gap_days,
    longest_gap_from,
  };
}

function sums(each: readonly { is_first: boolean; minutes: number }[]): { records: number; minutes: number } {
  const minutes = each.reduce((sum, day) => sum + day.minutes, 0);
  return { records: each.filter(({ is_first }) => is_first).length, minutes: hundredths(minutes) };
}

function extent(each: readonly { value: number }[]) {
  const values = each.map(({ value }) => value);
  return {
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    min: Math.min(...values),
    max: Math.max(...values),
    last: values.at(-1) ?? 0,
  };
}

/** As Postgres' percentile_cont. @param sorted at least one value, the least first */
function percentile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return hundredths(low + (high - low) * (place % 1));
}

/** In order of their keys. */
function groups<Item>(items: readonly Item[], keyOf: (item: Item) => string): [string, Item[]][] {
  return [...Map.groupBy(items, keyOf)].sort(([a], [b]) => (a < b ? -1 : 1));
}

function localHour(record: StoredRecord, time_zone: string): number {
  const zone = zoneOfDays(record, time_zone);
  let format = hour_formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en', { timeZone: zone, hour: 'numeric', hourCycle: 'h23' });
    hour_formats.set(zone, format);
  }
  return Number(format.format(Date.parse(record.occurred_at)));
}

const hour_formats = new Map<string, Intl.DateTimeFormat>();
const hundredths = (number: number): number => Math.round(number * 100) / 100;
const isText = (value: unknown): value is string => typeof value === 'string';
const isDate = (value: unknown): boolean => isText(value) && value.length === 10;
