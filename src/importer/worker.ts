import { discardUnread } from '../api/discard-unread.ts';
import { app } from './app.ts';

/** The import Worker: takes histories in, chunk by chunk. Apart from the API Worker, so that an import slows nobody down. */
export default { fetch: discardUnread(app.fetch) };
