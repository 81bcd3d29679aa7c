import type { Shown } from '../src/store/visibility.ts';

/** As people read who ask for nothing that is hidden. */
export const SHOW_NOTHING_HIDDEN: Shown = { deleted: false, sensitive: false, archived: false };
