import { Link, Outlet, useLocation, useRouteContext, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { TimeMachine } from '../time-machine/time-machine.tsx';
import { TimeMachineButton } from '../time-machine/time-machine-button.tsx';
import { AccountPanel } from './account-panel.tsx';
import { NavIcon } from './nav-icon.tsx';
import { OutboxStatus } from './outbox-status.tsx';
import { ToastList } from './toast-list.tsx';
import { Wordmark } from './wordmark.tsx';

const RecordSheet = lazy(() => import('../sheet/record-sheet.tsx').then((module) => ({ default: module.RecordSheet })));
const QuickAdd = lazy(() => import('../quick-add/quick-add.tsx').then((module) => ({ default: module.QuickAdd })));

/** The frame of every screen for a signed-in user: a side bar, or on a phone a bar above and one below. */
export function AppShell() {
  const { profile, moment } = useRouteContext({ from: '/app' });
  const { record, add } = useSearch({ from: '/app' });
  const name = profile.name ?? profile.email ?? 'Account';
  const content = useRef<HTMLElement>(null);
  const [is_adding, setAdding] = useState(false);
  const [is_travelling, setTravelling] = useState(false);
  const path = useLocation({ select: (location) => location.pathname });
  const shown_path = useRef(path);

  // A screen reader must hear that the screen changed; at the first one, the browser says so itself.
  useEffect(() => {
    if (shown_path.current === path) return;
    shown_path.current = path;
    content.current?.focus();
  }, [path]);

  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.key !== 'n' || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (moment !== null || isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      setAdding(true);
    }
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [moment]);

  return (
    <div className="shell" data-past={moment !== null}>
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <header className="side-bar">
        <Link to="/" className="wordmark-link" aria-label="Annals, overview">
          <Wordmark />
        </Link>
        {moment === null && (
          <button
            type="button"
            className="button button-primary add-button"
            aria-keyshortcuts="n"
            onClick={() => setAdding(true)}
          >
            <span className="add-name">Add</span>
          </button>
        )}
        <nav aria-label="Main" className="main-nav">
          <Link to="/" activeOptions={{ exact: true }} className="nav-link">
            <NavIcon name="overview" />
            Overview
          </Link>
          <Link to="/records" className="nav-link">
            <NavIcon name="records" />
            Records
          </Link>
          <Link to="/calendar" className="nav-link">
            <NavIcon name="calendar" />
            Calendar
          </Link>
          <Link to="/dashboards" className="nav-link">
            <NavIcon name="dashboards" />
            Dashboards
          </Link>
          <Link to="/history" className="nav-link">
            <NavIcon name="history" />
            History
          </Link>
          <Link to="/settings" className="nav-link nav-settings">
            <NavIcon name="settings" />
            Settings
          </Link>
          {profile.is_operator && (
            <Link to="/operator" className="nav-link">
              <NavIcon name="operator" />
              Operator
            </Link>
          )}
        </nav>
        <TimeMachineButton is_open={is_travelling} toggle={() => setTravelling(!is_travelling)} />
        <OutboxStatus />
        <button type="button" className="account" popoverTarget="account-panel">
          <span className="account-initial" aria-hidden="true">
            {name.charAt(0).toUpperCase()}
          </span>
          <span className="account-name">{name}</span>
        </button>
        <AccountPanel />
      </header>
      <div className="page">
        {(is_travelling || moment !== null) && <TimeMachine close={() => setTravelling(false)} />}
        <main id="content" ref={content} className="content" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {(record !== undefined || add !== undefined) && (
        <Suspense fallback={null}>
          <RecordSheet />
        </Suspense>
      )}
      {is_adding && (
        <Suspense fallback={null}>
          <QuickAdd close={() => setAdding(false)} />
        </Suspense>
      )}
      <ToastList />
    </div>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]')
  );
}
