import { defineEntityType } from '../define-entity-type.ts';
import { bool, instant, text } from '../fields.ts';

export const user = defineEntityType({
  name: 'user',
  timeline: false,
  label: ['email'],
  fields: {
    joined_at: instant(),
    email: text(),
    time_zone: text().optional(),
    show_sensitive: bool().optional(),
    show_archived: bool().optional(),
    show_bm_logs: bool().optional(),
    hide_bm_logs: bool().optional(),
    super_user: bool().attribute('authz/super-user').optional(),
  },
});
