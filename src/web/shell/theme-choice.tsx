import { THEMES, useTheme } from './theme.ts';

const NAMES = { system: 'Auto', light: 'Light', dark: 'Dark' } as const;

/** @param props.name of the group of radio buttons, where there is more than one on a page */
export function ThemeChoice({ name = 'theme' }: { name?: string }) {
  const [theme, choose] = useTheme();
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">Theme</legend>
      {THEMES.map((each) => (
        <label key={each}>
          <input type="radio" name={name} checked={each === theme} onChange={() => choose(each)} />
          <span>{NAMES[each]}</span>
        </label>
      ))}
    </fieldset>
  );
}
