/** Fields that change by themselves and say nothing to a person. */
export const SILENT_FIELDS: ReadonlySet<string> = new Set(['created_at']);
