import type { Operation, StoredRecord } from '../../data/operations.ts';

/** The tasks of a day's focus, in their order; those without a place come last, oldest first. */
export function focusTasks(tasks: readonly StoredRecord[], today: string): StoredRecord[] {
  return tasks
    .filter((task) => task.focus_date === today && task.state !== 'done' && task.state !== 'canceled')
    .sort((a, b) => placeOf(a) - placeOf(b) || (a.created_at < b.created_at ? -1 : 1));
}

function placeOf(task: StoredRecord): number {
  return typeof task.focus_order === 'number' ? task.focus_order : Number.MAX_SAFE_INTEGER;
}

/** The place below all of these; a task that was finished may have left a gap among them. */
export function placeAfter(tasks: readonly StoredRecord[]): number {
  const places = tasks.map(({ focus_order }) => (typeof focus_order === 'number' ? focus_order : -1));
  return Math.max(-1, ...places) + 1;
}

/** The patches that put tasks in this order: only those whose place changes. */
export function orderOperations(tasks: readonly StoredRecord[]): Operation[] {
  return tasks.flatMap((task, i) =>
    task.focus_order === i
      ? []
      : [{ op: 'patch', id: task.id, entity_type: 'task', set: { '/focus_order': i }, unset: [] } as const],
  );
}

/** The list with one task moved to another place. */
export function moved<Item>(list: readonly Item[], from: number, to: number): Item[] {
  const rest = list.filter((_, i) => i !== from);
  const item = list[from];
  return item === undefined ? [...list] : [...rest.slice(0, to), item, ...rest.slice(to)];
}
