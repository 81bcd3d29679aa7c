import { THEMES, useTheme } from './theme.ts';

const NAMES = { system: 'Auto', light: 'Light', dark: 'Dark' } as const;

export function ThemeChoice() {
  const [theme, choose] = useTheme();
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">Theme</legend>
      {THEMES.map((each) => (
        <label key={each}>
          <input type="radio" name="theme" checked={each === theme} onChange={() => choose(each)} />
          <span>{NAMES[each]}</span>
        </label>
      ))}
    </fieldset>
  );
}
