import { Link, Outlet, useRouteContext } from '@tanstack/react-router';
import { ThemeChoice } from './theme-choice.tsx';
import { Wordmark } from './wordmark.tsx';

/** The frame of every screen for a signed-in user: a side bar, or on a phone a bar above and one below. */
export function AppShell() {
  const { profile, session } = useRouteContext({ from: '/app' });
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
            <NavIcon path="M5 5h4v4H5ZM15 5h4v4h-4ZM5 15h4v4H5ZM15 15h4v4h-4ZM10.5 10.5h3v3h-3Z" />
            Calendar
          </Link>
        </nav>
        <details className="account">
          <summary>
            <span className="account-initial" aria-hidden="true">
              {(profile.name ?? profile.email ?? '?').charAt(0).toUpperCase()}
            </span>
            <span className="account-name">{profile.name ?? profile.email ?? 'Signed in'}</span>
          </summary>
          <div className="account-panel">
            {profile.email !== null && <p className="account-email">{profile.email}</p>}
            <ThemeChoice />
            <button type="button" className="button" onClick={() => session.signOut()}>
              Sign out
            </button>
          </div>
        </details>
      </header>
      <main id="content" className="content" tabIndex={-1}>
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
