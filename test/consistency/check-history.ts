/** One request that clients made of one record, whose values are all different. Times are of one clock, in ms. */
export type RegisterOperation = {
  readonly called: number;
  /** When the answer came; infinite when none came, and then it may hold at any time after the call, or never. */
  readonly answered: number;
} & (
  | { readonly kind: 'read' | 'write'; readonly value: string | null }
  /** A write that asked for a value to be there before. */
  | { readonly kind: 'swap'; readonly from: string | null; readonly value: string }
  /** A swap that was refused: the value was another. */
  | { readonly kind: 'refused'; readonly from: string | null }
);

/** A transaction writes one value, its name, to all its entities. */
export interface WrittenTransaction {
  readonly value: string;
  readonly entities: readonly string[];
  /** `lost`: no answer came, or one that does not say whether it is committed. */
  readonly outcome: 'acknowledged' | 'refused' | 'lost';
}

/** What one request saw of several entities: the value of each. */
export type Snapshot = Readonly<Record<string, string | null>>;

/** Every version that the log holds at the end, oldest first. */
export type FinalVersions = Readonly<Record<string, readonly string[]>>;

export interface RecordedHistory {
  readonly registers: Readonly<Record<string, readonly RegisterOperation[]>>;
  readonly transactions: readonly WrittenTransaction[];
  readonly snapshots: readonly Snapshot[];
  readonly final: FinalVersions;
}

/** What is wrong with a history, in words; nothing when nothing is. */
export function problemsOf(history: RecordedHistory): string[] {
  return [
    ...Object.entries(history.registers).flatMap(([id, operations]) =>
      isLinearizable(operations) ? [] : [`${id}: no order of its ${operations.length} operations explains the answers`],
    ),
    ...lostOrTorn(history),
    ...fractured(history),
  ];
}

/** A search gives up here, loudly: histories are short enough that it never should. */
const MAX_STATES = 2_000_000;

/**
 * Whether the operations could have happened one at a time, each between its call and its answer, on a register that is null at
 * first (Wing and Gong's search, with Lowe's memory of the states that led nowhere).
 */
export function isLinearizable(operations: readonly RegisterOperation[]): boolean {
  const sorted = [...operations].sort((a, b) => a.called - b.called);
  const total = sorted.filter(({ answered }) => answered < Number.POSITIVE_INFINITY).length;
  const seen = new Set<string>();
  const stack: { done: bigint; settled: number; value: string | null }[] = [{ done: 0n, settled: 0, value: null }];
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const { done, settled, value } = state;
    if (settled === total) return true;
    const key = `${done} ${value}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MAX_STATES) throw new Error(`more than ${MAX_STATES} states: make the history shorter`);
    // Whatever was called after another had its answer cannot come before it.
    let horizon = Number.POSITIVE_INFINITY;
    for (const [n, { answered }] of sorted.entries()) {
      if ((done & (1n << BigInt(n))) === 0n) horizon = Math.min(horizon, answered);
    }
    for (const [n, operation] of sorted.entries()) {
      if (operation.called > horizon) break;
      const bit = 1n << BigInt(n);
      if ((done & bit) !== 0n) continue;
      const next = applied(operation, value);
      if (next === undefined) continue;
      const isSettled = operation.answered < Number.POSITIVE_INFINITY;
      stack.push({ done: done | bit, settled: settled + (isSettled ? 1 : 0), value: next });
    }
  }
  return false;
}

/** @returns the value afterwards; undefined when the operation cannot have happened now */
function applied(operation: RegisterOperation, value: string | null): string | null | undefined {
  switch (operation.kind) {
    case 'read':
      return operation.value === value ? value : undefined;
    case 'write':
      return operation.value;
    case 'swap':
      return operation.from === value ? operation.value : undefined;
    case 'refused':
      return operation.from === value ? undefined : value;
  }
}

/** Acknowledged: there once on each entity. Refused: nowhere. Without an answer: whole or not at all. */
function lostOrTorn({ transactions, final }: RecordedHistory): string[] {
  const known = new Set(transactions.map(({ value }) => value));
  const strange = Object.entries(final).flatMap(([id, values]) =>
    values.filter((value) => !known.has(value)).map((value) => `${id} holds ${value}, which nobody wrote`),
  );
  return transactions.reduce((problems, { value, entities, outcome }) => {
    const times = entities.map((id) => (final[id] ?? []).filter((one) => one === value).length);
    const words = `${value} is there ${times.join(', ')} times on its ${entities.length} entities`;
    const isOnce = times.every((count) => count === 1);
    const isNowhere = times.every((count) => count === 0);
    if (outcome === 'acknowledged' && !isOnce) problems.push(`acknowledged, ${words}`);
    if (outcome === 'refused' && !isNowhere) problems.push(`refused, ${words}`);
    if (outcome === 'lost' && !isOnce && !isNowhere) problems.push(`half there: ${words}`);
    return problems;
  }, strange);
}

/** Who sees a transaction on one entity sees it, or what came after it, on every other. */
function fractured({ transactions, snapshots, final }: RecordedHistory): string[] {
  const place = (id: string, value: string | null) => (value === null ? -1 : (final[id] ?? []).indexOf(value));
  const byValue = new Map(transactions.map((transaction) => [transaction.value, transaction]));
  return snapshots.flatMap((snapshot) =>
    Object.entries(snapshot).flatMap(([seenOn, value]) =>
      (byValue.get(value ?? '')?.entities ?? [])
        .filter((id) => Object.hasOwn(snapshot, id) && place(id, snapshot[id] ?? null) < place(id, value))
        .map((id) => `a reader saw ${value} on ${seenOn}, and ${snapshot[id]}, which is older, on ${id}`),
    ),
  );
}
