import { defineEntityType } from '../define-entity-type.ts';
import { bool, instant, keyword, localDate, long, ref, text } from '../fields.ts';

export const task = defineEntityType({
  name: 'task',
  axis: { at: ['done_at', 'created_at'] },
  timeline: true,
  label: ['label'],
  fields: {
    label: text(),
    notes: text().optional(),
    state: keyword(['inbox', 'now', 'later', 'waiting', 'done', 'canceled']),
    project_id: ref('project').optional(),
    sensitive: bool().optional(),
    done_at: instant().optional(),
    due_on: localDate().optional(),
    snooze_until: localDate().nullable().optional(),
    focus_date: localDate().optional(),
    focus_order: long().optional(),
    effort: keyword(['low', 'medium', 'high']).optional(),
    mode: keyword(['solo', 'social']).optional(),
    domain: keyword(['work', 'personal', 'home', 'health', 'admin']).optional(),
    snooze_count: long().optional(),
    state_change_count: long().optional(),
    last_state_change_at: instant().optional(),
  },
});
