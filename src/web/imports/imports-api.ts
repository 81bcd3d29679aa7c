import type { StoredDigests } from '../../importer/digest-stored.ts';
import type { ImportReport } from '../../importer/import-report.ts';
import type { ImportStatus } from '../../importer/import-status.ts';
import type { RejectsPage } from '../../importer/list-rejects.ts';
import { authorized } from '../api.ts';
import type { Session } from '../session.ts';

/** The import Worker's routes that a page needs, asked through the API. Each throws as the API's own do. */
export interface ImportsApi {
  list(signal: AbortSignal): Promise<readonly ImportStatus[]>;
  status(id: string, signal: AbortSignal): Promise<ImportStatus>;
  report(id: string, signal: AbortSignal): Promise<ImportReport>;
  rejects(id: string, after_line: number): Promise<RejectsPage>;
  act(id: string, action: 'pause' | 'resume' | 'cancel'): Promise<ImportStatus>;
  /** What imports brought, entity by entity. @param after `next` of the page before; null begins */
  digests(after: string | null, signal: AbortSignal): Promise<StoredDigests>;
}

export function importsApi(session: Session): ImportsApi {
  const send = authorized(session, null);
  async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
    return (await send(path, signal === undefined ? {} : { signal })).json() as Promise<Answer>;
  }
  return {
    async list(signal) {
      return (await get<{ imports: ImportStatus[] }>('/v1/imports', signal)).imports;
    },
    status: (id, signal) => get(`/v1/imports/${id}`, signal),
    report: (id, signal) => get(`/v1/imports/${id}/report`, signal),
    rejects: (id, after_line) => get(`/v1/imports/${id}/rejects?after_line=${after_line}`),
    async act(id, action) {
      const body = action === 'pause' ? { reason: 'Paused in the page.' } : null;
      const response = await send(`/v1/imports/${id}/${action}`, {
        method: 'POST',
        ...(body !== null && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      return response.json() as Promise<ImportStatus>;
    },
    digests: (after, signal) => get(`/v1/verify/digests${after === null ? '' : `?after=${after}`}`, signal),
  };
}
