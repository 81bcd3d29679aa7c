export const ROLLUPS = ['daily_activity', 'daily_related', 'daily_measures', 'daily_hours', 'task_flow'] as const;

type Query = <T extends Record<string, unknown>>(text: string, parameters: unknown[]) => Promise<T[]>;

/** The rollups that do not say what their definitions say, of one user or (null) of all. */
export async function driftedRollups(query: Query, user: string | null): Promise<string[]> {
  const rows = (table: string) => `select to_jsonb(r) from ${table} r where $1::uuid is null or r.user_id = $1`;
  const texts = ROLLUPS.map((name) => {
    const [kept, meant] = [rows(name), rows(`${name}_definition`)];
    return `select '${name}' as name where exists ((${kept} except all ${meant}) union all (${meant} except all ${kept}))`;
  });
  return (await query<{ name: string }>(texts.join(' union all '), [user])).map(({ name }) => name);
}
