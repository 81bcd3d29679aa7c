import { useInfiniteQuery } from '@tanstack/react-query';
import { rejectHeading } from '../../../import-client/reject-heading.ts';
import type { ImportStatus } from '../../../importer/import-status.ts';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { failureText } from '../../shell/failure-text.ts';
import { saveFile } from '../../shell/save-file.ts';
import { Skeleton } from '../../shell/skeleton.tsx';
import { showToast } from '../../shell/toasts.ts';
import { useImports } from './use-imports.ts';

const MAX_RAW_CHARS_SHOWN = 160;
/** A bound for the loop; a million rejects. */
const MAX_PAGES = 10_000;

/** The lines that an import could not take, and all of them as a file to be corrected. */
export function RejectsCard({ status }: { status: ImportStatus }) {
  const { api } = useImports();
  const id = status.import_id;
  const rejects = useInfiniteQuery({
    queryKey: ['imports', id, 'rejects'],
    queryFn: ({ pageParam }) => api.rejects(id, pageParam),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next_after_line,
  });

  async function download(): Promise<void> {
    try {
      const parts: string[] = [];
      let after: number | null = 0;
      for (let i = 0; after !== null && i < MAX_PAGES; i++) {
        const page = await api.rejects(id, after);
        for (const { line, reason, raw, mended } of page.rejects)
          if (!mended) parts.push(`${rejectHeading(line, reason)}\n${rawText(raw)}\n`);
        after = page.next_after_line;
      }
      saveFile(`${status.file_name}.rejects.edn`, parts, 'application/edn');
    } catch (error) {
      showToast({ text: failureText(error) });
    }
  }

  const rows = rejects.data?.pages.flatMap((page) => page.rejects) ?? [];
  return (
    <section className="card chart-card" aria-labelledby="rejects-heading">
      <header className="card-head">
        <h2 id="rejects-heading">Rejects</h2>
        <button type="button" className="button" onClick={download}>
          Download
        </button>
      </header>
      <p className="settings-note">
        Correct the lines in the file, then <code>annals rejects {id} --retry FILE</code> applies each in its place.
      </p>
      {rejects.isError ? (
        <FailureNotice error={rejects.error} retry={() => rejects.refetch()} />
      ) : rejects.data === undefined ? (
        <Skeleton width="100%" height="8rem" />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
        <section className="chart-scroll" tabIndex={0} aria-label="Rejected lines">
          <table>
            <thead>
              <tr>
                <th scope="col" className="number">
                  Line
                </th>
                <th scope="col">Reason</th>
                <th scope="col">What it says</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ line, reason, raw, mended }) => (
                <tr key={line}>
                  <td className="number">{line.toLocaleString('en')}</td>
                  <td>
                    {reason}
                    {mended && ' (mended)'}
                  </td>
                  <td>
                    <code className="raw-line">{rawText(raw).slice(0, MAX_RAW_CHARS_SHOWN)}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {rejects.hasNextPage && (
        <button
          type="button"
          className="button"
          disabled={rejects.isFetchingNextPage}
          onClick={() => rejects.fetchNextPage()}
        >
          More
        </button>
      )}
    </section>
  );
}

/** @param raw base64, since a line need not be text */
function rawText(raw: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(atob(raw), (char) => char.charCodeAt(0)));
}
