import { Link, Outlet, useLocation, useRouteContext } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { ThemeChoice } from './theme-choice.tsx';
import { Wordmark } from './wordmark.tsx';

/** The frame of every screen for a signed-in user: a side bar, or on a phone a bar above and one below. */
export function AppShell() {
  const { profile, session } = useRouteContext({ from: '/app' });
  const name = profile.name ?? profile.email ?? 'Account';
  const content = useRef<HTMLElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  const shown_path = useRef(path);

  // A screen reader must hear that the screen changed; at the first one, the browser says so itself.
  useEffect(() => {
    if (shown_path.current === path) return;
    shown_path.current = path;
    content.current?.focus();
  }, [path]);

  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <header className="side-bar">
        <Link to="/" className="wordmark-link" aria-label="Annals, overview">
          <Wordmark />
        </Link>
        <nav aria-label="Main" className="main-nav">
          <Link to="/" activeOptions={{ exact: true }} className="nav-link">
            <NavIcon path="M4 6h16M4 12h10M4 18h13" />
            Overview
          </Link>
          <Link to="/calendar" className="nav-link">
            <NavIcon path="M5.5 5.5h13A1.5 1.5 0 0 1 20 7v11.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5V7a1.5 1.5 0 0 1 1.5-1.5ZM4 10h16M8.5 3.5v4M15.5 3.5v4" />
            Calendar
          </Link>
        </nav>
        <button type="button" className="account" popoverTarget="account-panel">
          <span className="account-initial" aria-hidden="true">
            {name.charAt(0).toUpperCase()}
          </span>
          <span className="account-name">{name}</span>
        </button>
        <div id="account-panel" className="account-panel" popover="auto">
          {profile.email !== null && <p className="account-email">{profile.email}</p>}
          <ThemeChoice />
          <button type="button" className="button" onClick={() => session.signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <main id="content" ref={content} className="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function NavIcon({ path }: { path: string }) {
  return (
    <svg className="nav-icon" viewBox="0 0 24 24" role="presentation" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
