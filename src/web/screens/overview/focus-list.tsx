import { useRouteContext } from '@tanstack/react-router';
import { type KeyboardEvent, type PointerEvent, useId, useRef, useState } from 'react';
import { isoSeconds } from '../../../domain/time/zoned-time.ts';
import type { Operation, StoredRecord } from '../../data/operations.ts';
import { useRecords, useStore } from '../../data/use-records.ts';
import { Combobox } from '../../forms/combobox.tsx';
import { RecordLink } from '../../records/record-link.tsx';
import { recordTitle } from '../../records/record-title.ts';
import { typeAppearance } from '../../records/type-appearance.ts';
import { isVisible, useVisibility } from '../../records/visibility.ts';
import { withLabels } from '../../records/with-labels.ts';
import { failureText } from '../../shell/failure-text.ts';
import { Skeleton } from '../../shell/skeleton.tsx';
import { showToast } from '../../shell/toasts.ts';
import { addDays, shortDay } from '../../time/local-day.ts';
import { focusTasks, moved, orderOperations, placeAfter } from './focus-order.ts';

const MAX_OFFERED = 20;

/** The tasks that a person wants to get done today, in the order of choice. */
export function FocusList({ today }: { today: string }) {
  const { data, moment } = useRouteContext({ from: '/app' });
  const store = useStore();
  const visibility = useVisibility();
  const { records, state } = useRecords('task');
  const id = useId();
  const list = useRef<HTMLOListElement>(null);
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number } | null>(null);
  const [spoken, speak] = useState('');
  const tasks = focusTasks(records, today).filter((task) => isVisible(task, store, visibility));
  const shown = drag === null ? tasks : moved(tasks, drag.from, drag.to);
  const titleOf = (task: StoredRecord): string => recordTitle(withLabels(task, store));

  async function write(title: string, operations: readonly Operation[], done: string | null): Promise<void> {
    if (operations.length === 0) return;
    try {
      await data.write(title, operations, done);
    } catch (error) {
      showToast({ text: failureText(error) });
    }
  }

  function patch(task: StoredRecord, title: string, set: Operation & { op: 'patch' }, done: string): Promise<void> {
    return write(`${title} ${titleOf(task)}`, [set], done);
  }

  function reorder(from: number, to: number): void {
    const task = tasks[from];
    if (task === undefined || from === to || to < 0 || to >= tasks.length) return;
    speak(`${titleOf(task)} is now ${to + 1} of ${tasks.length}.`);
    void write('Reorder the focus', orderOperations(moved(tasks, from, to)), null);
  }

  function onHandleKey(event: KeyboardEvent, i: number): void {
    const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (step === 0) return;
    event.preventDefault();
    reorder(i, i + step);
  }

  /** Where a task that is held at this height would come to lie. */
  function placeAt(y_px: number): number {
    const rows = [...(list.current?.children ?? [])];
    const i = rows.findIndex((row) => y_px < row.getBoundingClientRect().bottom);
    return i === -1 ? tasks.length - 1 : i;
  }

  function onPointerDown(event: PointerEvent<HTMLElement>, i: number): void {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ from: i, to: i });
  }

  function focus(task_id: string): void {
    const operation = {
      op: 'patch',
      id: task_id,
      entity_type: 'task',
      set: { '/focus_date': today, '/focus_order': placeAfter(tasks) },
      unset: [],
    } as const;
    void write('Focus on a task', [operation], null);
  }

  function create(label: string): void {
    const doc = { label, state: 'now', focus_date: today, focus_order: placeAfter(tasks) };
    const operation = { op: 'put', id: crypto.randomUUID(), entity_type: 'task', doc } as const;
    void write(`Add ${label}`, [operation], `Task “${label}” added.`);
  }

  return (
    <section className="card focus" aria-labelledby="focus-heading" inert={moment !== null}>
      <h2 id="focus-heading">Focus today</h2>
      {state === 'absent' ? (
        <Skeleton width="100%" height="3rem" />
      ) : (
        <>
          {shown.length === 0 && (
            <p className="card-empty">
              {moment === null
                ? 'Pick the few tasks that make today a good day.'
                : 'No task was in focus that is still open.'}
            </p>
          )}
          <ol ref={list} className="focus-list">
            {shown.map((task, i) => (
              <li key={task.id} className="focus-item" data-dragged={drag !== null && drag.to === i}>
                <button
                  type="button"
                  className="focus-handle"
                  aria-label={`Move ${titleOf(task)}; place ${i + 1} of ${tasks.length}, arrow keys move it`}
                  onKeyDown={(event) => onHandleKey(event, i)}
                  onPointerDown={(event) => onPointerDown(event, i)}
                  onPointerMove={(event) => drag !== null && setDrag({ ...drag, to: placeAt(event.clientY) })}
                  onPointerUp={(event) => {
                    // Where it is let go: what the last move set may not be drawn yet.
                    if (drag !== null) reorder(drag.from, placeAt(event.clientY));
                    setDrag(null);
                  }}
                  onPointerCancel={() => setDrag(null)}
                >
                  <svg viewBox="0 0 16 16" role="presentation" aria-hidden="true">
                    <path d="M5 3.5v.01M5 8v.01M5 12.5v.01M11 3.5v.01M11 8v.01M11 12.5v.01" />
                  </svg>
                </button>
                <input
                  type="checkbox"
                  aria-label={`Done: ${titleOf(task)}`}
                  checked={false}
                  onChange={() => patch(task, 'Finish', finished(task), `“${titleOf(task)}” is done.`)}
                />
                <span className="focus-text">
                  <RecordLink id={task.id} className="quiet-link">
                    {titleOf(task)}
                  </RecordLink>
                  {typeof task.due_on === 'string' && (
                    <span className="record-about" data-late={task.due_on < today}>
                      Due {shortDay(task.due_on, today)}
                    </span>
                  )}
                </span>
                <select
                  className="focus-snooze"
                  aria-label={`Snooze ${titleOf(task)}`}
                  value=""
                  onChange={(event) => {
                    const until = event.target.value;
                    void patch(
                      task,
                      'Snooze',
                      snoozed(task, until),
                      `“${titleOf(task)}” sleeps until ${shortDay(until, today)}.`,
                    );
                  }}
                >
                  <option value="">Snooze</option>
                  <option value={addDays(today, 1)}>Tomorrow</option>
                  <option value={addDays(today, 7)}>In a week</option>
                  <option value={addDays(today, 30)}>In a month</option>
                </select>
              </li>
            ))}
          </ol>
          {moment === null && (
            <>
              <label htmlFor={id} className="visually-hidden">
                Focus on a task
              </label>
              <Combobox
                id={id}
                label={typeAppearance('task').many}
                shown=""
                keeps_nothing
                placeholder="Add a task to today"
                find={(text) => offered(text)}
                choose={(option) => focus(option.id)}
                create={create}
              />
            </>
          )}
        </>
      )}
      <p className="visually-hidden" aria-live="assertive">
        {spoken}
      </p>
    </section>
  );

  /** Open tasks, those at hand first. */
  function offered(text: string) {
    const wanted = text.toLocaleLowerCase();
    return records
      .filter((task) => task.state !== 'done' && task.state !== 'canceled' && task.focus_date !== today)
      .filter((task) => isVisible(task, store, visibility) && titleOf(task).toLocaleLowerCase().includes(wanted))
      .sort((a, b) => Number(b.state === 'now') - Number(a.state === 'now'))
      .slice(0, MAX_OFFERED)
      .map((task) => ({ id: task.id, label: titleOf(task), note: String(task.state) }));
  }
}

function finished(task: StoredRecord): Operation & { op: 'patch' } {
  const set = { '/state': 'done', '/done_at': isoSeconds(Date.now()) };
  return { op: 'patch', id: task.id, entity_type: 'task', set, unset: [] };
}

function snoozed(task: StoredRecord, until: string): Operation & { op: 'patch' } {
  const count = typeof task.snooze_count === 'number' ? task.snooze_count : 0;
  return {
    op: 'patch',
    id: task.id,
    entity_type: 'task',
    set: { '/snooze_until': until, '/snooze_count': count + 1 },
    unset: ['/focus_date', '/focus_order'],
  };
}
