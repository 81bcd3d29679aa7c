import { NavIcon } from '../shell/nav-icon.tsx';

export function TimeMachineButton({ is_open, toggle }: { is_open: boolean; toggle: () => void }) {
  return (
    <button type="button" className="nav-link time-machine-button" aria-expanded={is_open} onClick={toggle}>
      <NavIcon name="past" />
      <span className="time-machine-name">Time machine</span>
    </button>
  );
}
