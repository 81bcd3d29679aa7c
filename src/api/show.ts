import * as z from 'zod';
import type { Shown } from '../store/visibility.ts';

/** What the parameter `show` can name. */
export const SHOWABLE = ['deleted', 'sensitive', 'archived'] as const;

/** `deleted,archived`: kinds of hidden records to show; empty shows none. Null for a word that is none of {@link SHOWABLE}. */
export function readShow(text: string): Shown | null {
  const words = text.split(',').filter((word) => word !== '');
  if (!words.every((word) => SHOWABLE.some((kind) => kind === word))) return null;
  return {
    deleted: words.includes('deleted'),
    sensitive: words.includes('sensitive'),
    archived: words.includes('archived'),
  };
}

/** The parameter in a query that zod reads. */
export const show = z
  .string()
  .default('')
  .meta({ pattern: `^((${SHOWABLE.join('|')})(,(${SHOWABLE.join('|')}))*)?$` })
  .transform((text, context) => {
    const shown = readShow(text);
    if (shown !== null) return shown;
    context.addIssue({ code: 'custom', message: `takes ${SHOWABLE.join(', ')}, joined by commas` });
    return z.NEVER;
  });
