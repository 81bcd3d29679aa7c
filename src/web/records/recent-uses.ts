/** What was added lately on this device, newest first: `habit_log`, or `habit_log ID` for one about a certain record. */
const STORAGE_KEY = 'annals.recent';
const MAX_KEPT = 30;

export interface RecentUse {
  readonly type: string;
  readonly parent: string | null;
}

export function rememberUse(type: string, parent: string | null): void {
  const entry = parent === null ? type : `${type} ${parent}`;
  const kept = [entry, ...stored().filter((other) => other !== entry)].slice(0, MAX_KEPT);
  localStorage.setItem(STORAGE_KEY, JSON.stringify(kept));
}

export function recentUses(): RecentUse[] {
  return stored().map((entry) => {
    const [type = '', parent = null] = entry.split(' ');
    return { type, parent };
  });
}

function stored(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((entry) => typeof entry === 'string') : [];
  } catch {
    return [];
  }
}
