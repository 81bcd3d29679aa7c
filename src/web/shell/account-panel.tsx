import { Link, useRouteContext } from '@tanstack/react-router';
import { forgetLocalDatabase } from '../data/local-database.ts';
import { ThemeChoice } from './theme-choice.tsx';

export function AccountPanel() {
  const { profile, session, data } = useRouteContext({ from: '/app' });
  async function signOut(): Promise<void> {
    data.database.close();
    await forgetLocalDatabase(profile.id);
    await session.signOut();
  }
  const waiting = data.outbox.writes().length;
  return (
    <div id="account-panel" className="account-panel" popover="auto">
      {profile.email !== null && <p className="account-email">{profile.email}</p>}
      <ThemeChoice />
      <Link to="/settings" className="button">
        Settings
      </Link>
      {waiting > 0 && <p className="account-email">Signing out drops {waiting} changes that are not saved yet.</p>}
      <button type="button" className="button" onClick={signOut}>
        Sign out
      </button>
    </div>
  );
}
