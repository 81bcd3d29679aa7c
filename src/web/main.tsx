import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/forms.css';
import './styles/sheet.css';
import './styles/lists.css';
import './styles/screens.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError, annalsApi } from './api.ts';
import { createAppRouter } from './router.tsx';
import { SignedOut, startSession } from './session.ts';
import { BootFailure } from './shell/boot-failure.tsx';

/** Data is shown from the cache at once and asked for again when it is older than this and comes into view. */
const STALE_TIME_MS = 15_000;
const MAX_RETRIES = 2;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Whether there is a network is found by asking: what is known here answers without one.
      networkMode: 'always',
      staleTime: STALE_TIME_MS,
      retry: (failures, error) => failures < MAX_RETRIES && !isFinal(error),
    },
  },
});

/** What the API refuses (4xx) it will refuse again, and a session that has ended does not come back by itself. */
function isFinal(error: Error): boolean {
  return error instanceof SignedOut || (error instanceof ApiError && error.status < 500);
}

// Without it the client works all the same, but not without the network: a browser may forbid it.
if (import.meta.env.PROD) navigator.serviceWorker?.register('/service-worker.js').catch(console.warn);

const container = document.getElementById('root');
if (container === null) throw new Error('index.html has no element with the id root');
const root = createRoot(container);

try {
  const session = await startSession();
  const router = createAppRouter({ session, api: annalsApi(session, null), queries });
  root.render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
} catch (error) {
  root.render(<BootFailure error={error} />);
}
