import { useRouteContext } from '@tanstack/react-router';
import { useSyncExternalStore } from 'react';
import { type ImportRun, ImportRunner } from '../../imports/import-runner.ts';
import { type ImportsApi, importsApi } from '../../imports/imports-api.ts';
import type { Session } from '../../session.ts';

interface Imports {
  readonly api: ImportsApi;
  readonly runner: ImportRunner;
}

/** One for the life of the page: an import goes on while its screen is left. */
const by_session = new WeakMap<Session, Imports>();

export function useImports(): Imports {
  const { session } = useRouteContext({ from: '/app' });
  let imports = by_session.get(session);
  if (imports === undefined) {
    imports = { api: importsApi(session), runner: new ImportRunner(session) };
    by_session.set(session, imports);
  }
  return imports;
}

/** What this page does with the file that was chosen last. */
export function useImportRun(): ImportRun {
  const { runner } = useImports();
  return useSyncExternalStore(runner.subscribe, runner.snapshot);
}
