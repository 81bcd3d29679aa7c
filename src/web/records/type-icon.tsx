import type { CSSProperties } from 'react';
import { typeAppearance } from './type-appearance.ts';

/** Paths in a box of 24 by 24, drawn as lines. */
const ICONS = {
  check: 'M20 6.5 9.5 17 4 11.5',
  lotus:
    'M12 5c2.6 2.4 3.6 5.6 0 11-3.6-5.4-2.6-8.6 0-11ZM3 11c4-.4 7.6 1.4 9 7 1.4-5.6 5-7.4 9-7-.6 5-4 7.7-9 7.7S3.6 16 3 11Z',
  pill: 'M10.5 20.2a4.7 4.7 0 0 1-6.7-6.7l9.7-9.7a4.7 4.7 0 0 1 6.7 6.7ZM8.7 8.7l6.6 6.6',
  drop: 'M12 3.5c3.5 4 6 6.8 6 10.2a6 6 0 0 1-12 0C6 10.3 8.5 7.5 12 3.5Z',
  dumbbell: 'M6.5 7v10M3.5 9.5v5M17.5 7v10M20.5 9.5v5M6.5 12h11',
  mountain: 'M3 19 9.5 7l4 7 2-3L21 19Z',
  folder:
    'M3.5 7a1.5 1.5 0 0 1 1.5-1.5h4.5l2 2.5H19a1.5 1.5 0 0 1 1.5 1.5V17a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 17Z',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2',
  task: 'M6 4.5h12A1.5 1.5 0 0 1 19.5 6v12a1.5 1.5 0 0 1-1.5 1.5H6A1.5 1.5 0 0 1 4.5 18V6A1.5 1.5 0 0 1 6 4.5ZM8.5 12l2.5 2.5 4.5-5',
  book: 'M12 6.5C10 5 7 4.7 4 5v13c3-.3 6 0 8 1.5 2-1.5 5-1.8 8-1.5V5c-3-.3-6 0-8 1.5ZM12 6.5v13',
  calendar:
    'M5.5 5.5h13A1.5 1.5 0 0 1 20 7v11.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5V7a1.5 1.5 0 0 1 1.5-1.5ZM4 10h16M8.5 3.5v4M15.5 3.5v4',
  pulse: 'M3 12.5h4l2.5-7 4.5 13 2.5-6H21',
  smile: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM8.5 14c1.7 2.5 5.3 2.5 7 0M9 9.5v.5M15 9.5v.5',
  pin: 'M12 21c4-4.5 6.5-7.6 6.5-11a6.5 6.5 0 0 0-13 0c0 3.4 2.5 6.5 6.5 11ZM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  dot: 'M12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z',
} as const;

export type IconName = keyof typeof ICONS;

/** A type's mark: its icon on its colour. It only repeats what the text beside it says. */
export function TypeIcon({ entity_type }: { entity_type: string }) {
  const { icon, hue } = typeAppearance(entity_type);
  return (
    <span className="type-icon" style={{ '--hue': hue } as CSSProperties} aria-hidden="true">
      <svg viewBox="0 0 24 24" role="presentation">
        <path d={ICONS[icon]} />
      </svg>
    </span>
  );
}
