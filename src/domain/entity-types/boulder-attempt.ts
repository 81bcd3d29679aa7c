import { defineEntityType } from '../define-entity-type.ts';
import { airtable, bool, keyword, long, ref, text } from '../fields.ts';

export const boulderAttempt = defineEntityType({
  name: 'boulder_attempt',
  timeline: false,
  label: ['grade'],
  fields: {
    session_id: ref('boulder_session'),
    grade: keyword(['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8', 'v9', 'v10', 'v11', 'v12', 'v13', 'project']),
    send: bool(),
    attempts: long().optional(),
    color: text().optional(),
    notes: text().optional(),
    ...airtable(),
  },
});
