import type { AnnalsApi, Dashboard, DashboardQuery, Entity, HeatmapDay, Overview } from '../api.ts';
import { RECORD_TYPES, type TypeFacts, typeFacts } from '../records/type-facts.ts';
import { isVisible, type Visibility } from '../records/visibility.ts';
import { withLabels } from '../records/with-labels.ts';
import { localHeatmap, zoneOfDays } from '../screens/calendar/local-heatmap.ts';
import { addDays, localDay } from '../time/local-day.ts';
import { zoneOf } from '../time/zone-of.ts';
import { Unreachable } from '../unreachable.ts';
import type { StoredRecord } from './operations.ts';
import type { RecordStore } from './record-store.ts';

/** As many as the server gives. */
const TIMELINE_RECORDS = 18;

/**
 * The API, with the answers that this device can give by itself when the network cannot: computed from the records that
 * are kept here, and as of when they were.
 */
export function offlineApi(api: AnnalsApi, store: RecordStore): AnnalsApi {
  return {
    ...api,
    async overview(show, signal) {
      try {
        return await api.overview(show, signal);
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        await Promise.all([...RECORD_TYPES.map(({ name }) => name), 'user'].map((type) => store.loadKept(type)));
        return localOverview(store, Date.now());
      }
    },
    async heatmap(query, signal) {
      try {
        return await api.heatmap(query, signal);
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        await Promise.all(typesOf(query.entity_type).map((type) => store.loadKept(type)));
        const { records, state } = store.snapshot(query.entity_type);
        if (state === 'absent') throw error;
        const { time_zone, visibility } = settings(store);
        const visible = records.filter((record) => isVisible(record, store, visibility));
        const days: HeatmapDay[] = localHeatmap(visible, query.year, time_zone, Date.now());
        const firstDay = (record: StoredRecord) =>
          localDay(Date.parse(record.occurred_at), zoneOfDays(record, time_zone));
        const years = [...new Set(visible.map((record) => Number(firstDay(record).slice(0, 4))))].sort((a, b) => a - b);
        const as_of = new Date().toISOString();
        return { ...query, time_zone, as_of, rolled_up_at: null, lag_ms: null, years, days };
      }
    },
    async dashboard(query, signal) {
      try {
        return await api.dashboard(query, signal);
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        await Promise.all(typesOf(query.entity_type).map((type) => store.loadKept(type)));
        if (store.snapshot(query.entity_type).state === 'absent') throw error;
        return dashboardOf(store, query, Date.now());
      }
    },
  };
}

/** The API at a past moment, with the one answer that it has of the present alone: computed from the records of then. */
export function pastApi(api: AnnalsApi, store: RecordStore, moment: string): AnnalsApi {
  return {
    ...api,
    async dashboard(query) {
      const types = typesOf(query.entity_type);
      await Promise.all(types.map((type) => store.load(type)));
      const failed = types.map((type) => store.snapshot(type).error).find((error) => error !== null);
      if (failed !== undefined) throw failed;
      return dashboardOf(store, query, Date.parse(moment));
    },
  };
}

/** A type, what its records are about, and the user, who has a zone and settings. */
function typesOf(entity_type: string): readonly string[] {
  const targets = typeFacts(entity_type).fields.flatMap(({ target }) => target ?? []);
  return [...new Set([entity_type, 'user', ...targets])];
}

async function dashboardOf(store: RecordStore, query: DashboardQuery, now_ms: number): Promise<Dashboard> {
  const { localDashboard } = await import('../screens/dashboards/local-dashboard.ts');
  const { time_zone, visibility } = settings(store);
  const { entity_type, from, to } = query;
  return {
    ...localDashboard(store, { entity_type, period: { from, to }, time_zone, visibility, now_ms }),
    time_zone,
    as_of: new Date(now_ms).toISOString(),
    rolled_up_at: null,
    lag_ms: 0,
    views_as_of: { habit_streaks: null, monthly_summary: null, duration_profile: null },
    types: [],
    months: [],
  };
}

function localOverview(store: RecordStore, now_ms: number): Overview {
  const { time_zone, visibility, user } = settings(store);
  const now = new Date(now_ms).toISOString();
  const today = localDay(now_ms, time_zone);
  const week_ago = addDays(today, -6);
  const counts = { today: {} as Record<string, number>, last_7_days: {} as Record<string, number> };
  const newest: StoredRecord[] = [];
  const running: StoredRecord[] = [];
  // As the API: these are shown to who asks for them.
  const is_shown = (type: TypeFacts): boolean => type.name !== 'bm_log' || user?.show_bm_logs === true;
  for (const { name } of RECORD_TYPES.filter((type) => type.timeline && is_shown(type))) {
    let taken = 0;
    for (const record of store.snapshot(name).records) {
      if (!isVisible(record, store, visibility)) continue;
      if (typeFacts(name).timer_parent !== null && record.occurred_until === null) running.push(record);
      if (Date.parse(record.occurred_at) > now_ms) continue;
      const day = localDay(Date.parse(record.occurred_at), time_zone);
      if (day >= week_ago) counts.last_7_days[name] = (counts.last_7_days[name] ?? 0) + 1;
      if (day === today) counts.today[name] = (counts.today[name] ?? 0) + 1;
      if (taken++ < TIMELINE_RECORDS) newest.push(record);
    }
  }
  const shown = newest.sort((a, b) => (a.occurred_at < b.occurred_at ? 1 : -1)).slice(0, TIMELINE_RECORDS);
  const labelled = (records: readonly StoredRecord[]): Entity[] => records.map((record) => withLabels(record, store));
  return {
    as_of: now,
    time_zone,
    user: { id: user?.id ?? '', email: typeof user?.email === 'string' ? user.email : null, label: null },
    timeline: labelled(shown),
    running: labelled(running),
    counts,
  };
}

function settings(store: RecordStore): { time_zone: string; visibility: Visibility; user: StoredRecord | undefined } {
  const [user] = store.snapshot('user').records;
  return {
    user,
    time_zone: zoneOf(user),
    visibility: { show_sensitive: user?.show_sensitive === true, show_archived: user?.show_archived === true },
  };
}
