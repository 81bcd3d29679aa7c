import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Skeleton } from '../../shell/skeleton.tsx';
import { ImportList } from './import-list.tsx';
import { OperatorFailure } from './operator-failure.tsx';
import { OperatorHeader } from './operator-header.tsx';
import { StartImport } from './start-import.tsx';
import { useImportRun, useImports } from './use-imports.ts';

/** How often an import that runs somewhere is looked at. */
const LOOK_MS = 2_000;

/** Histories on their way in, and those that came. */
export function ImportsScreen() {
  const { api } = useImports();
  // As soon as this page's own import is known, it is in the list.
  const { import_id } = useImportRun();
  const imports = useQuery({
    queryKey: ['imports', 'list', import_id],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => api.list(signal),
    refetchInterval: ({ state }) => (state.data?.some((each) => each.state === 'running') ? LOOK_MS : false),
  });
  return (
    <>
      <title>Imports · Annals</title>
      <OperatorHeader />
      {imports.isError ? (
        <OperatorFailure error={imports.error} retry={() => imports.refetch()} />
      ) : (
        <div className="import-screen">
          <StartImport />
          <section className="card chart-card" aria-labelledby="imports-heading">
            <h2 id="imports-heading">Imports</h2>
            {imports.data === undefined ? (
              <Skeleton width="100%" height="8rem" />
            ) : (
              <ImportList imports={imports.data} />
            )}
          </section>
        </div>
      )}
    </>
  );
}
